import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isDeepStrictEqual } from 'node:util'
import { compilePattern, ContentError } from '@plumbline/scap'
import type { PatternMatch } from '@plumbline/scap'
import { INVALID_PATTERNS, PATTERN_CASES, UNSUPPORTED_PATTERNS } from './cases.ts'
import { askPcre2, pcre2testSkip } from './pcre2test.ts'
import type { PatternCase, Pcre2Answer } from './pcre2test.ts'

const skip = pcre2testSkip()
const cases: PatternCase[] = PATTERN_CASES.flatMap(([pattern, flags, ...texts]) =>
  texts.map((text) => ({ pattern, flags, text })),
)

/** Where a group lies is only known of the whole match; the others are compared by their text. */
function shown(match: PatternMatch | undefined) {
  return match === undefined
    ? 'no match'
    : { start: match.start, end: match.end, groups: withoutTrailing(match.groups) }
}

/** PCRE does not list groups behind the last one that took part. */
function withoutTrailing(groups: readonly (string | undefined)[]) {
  return groups.slice(0, groups.findLastIndex((group) => group !== undefined) + 1)
}

test('patterns match what they match in PCRE2: the same place, the same groups', { skip }, (t) => {
  const answers = askPcre2(cases)
  const all = cases.map(({ pattern, flags, text }, i) => {
    const found = shown(compilePattern(pattern, flags).exec(text))
    return { pattern, text, found, expected: expectedOf(answers[i]!) }
  })
  const different = all.filter(({ found, expected }) => !isDeepStrictEqual(found, expected))
  assert.deepEqual(different, [])
  t.diagnostic(`${new Set(cases.map(({ pattern }) => pattern)).size} patterns, ${cases.length} texts`)
})

function expectedOf(answer: Pcre2Answer) {
  if (typeof answer === 'string') return answer
  const [whole] = answer
  return { start: whole?.[0], end: whole?.[1], groups: withoutTrailing(answer.map((span) => span?.[2])) }
}

test('what PCRE2 refuses, we refuse', { skip }, () => {
  const answers = askPcre2(INVALID_PATTERNS.map((pattern) => ({ pattern, text: 'a' })))
  for (const [i, pattern] of INVALID_PATTERNS.entries()) {
    assert.equal(answers[i], 'invalid', `PCRE2 accepts /${pattern}/`)
    assert.throws(() => compilePattern(pattern), { code: 'pattern-invalid' }, `/${pattern}/`)
  }
})

test('what we cannot do, we say', () => {
  for (const pattern of UNSUPPORTED_PATTERNS) {
    assert.throws(
      () => compilePattern(pattern),
      (error: unknown) => error instanceof ContentError && error.code === 'pattern-unsupported',
      `/${pattern}/`,
    )
  }
})
