import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isDeepStrictEqual } from 'node:util'
import { compilePattern, ContentError } from '@plumbline/scap'
import type { PatternMatch, PatternSpans } from '@plumbline/scap'
import { INVALID_PATTERNS, PATTERN_CASES, UNSUPPORTED_PATTERNS } from './cases.ts'
import { askPcre2, pcre2testSkip } from './pcre2test.ts'
import type { PatternCase, Span } from './pcre2test.ts'

const skip = pcre2testSkip()
const cases: PatternCase[] = PATTERN_CASES.flatMap(([pattern, flags, ...texts]) =>
  texts.map((text) => ({ pattern, flags, text })),
)

/** Start, end and text of the whole match and of each group. */
function shown(match: PatternMatch | undefined, places: PatternSpans | undefined): string | readonly Span[] {
  if (match === undefined || places === undefined) return match === places ? 'no match' : 'one of both has a match'
  assert.deepEqual(places[0], [match.start, match.end])
  assert.equal(places.length, match.groups.length)
  return withoutTrailing(places.map((place, i) => place && ([...place, match.groups[i] ?? ''] as const)))
}

/** PCRE does not list groups behind the last one that took part. */
function withoutTrailing(spans: readonly Span[]): readonly Span[] {
  return spans.slice(0, spans.findLastIndex((span) => span !== undefined) + 1)
}

test('patterns match what they match in PCRE2: the match and each group, text and place', { skip }, (t) => {
  const answers = askPcre2(cases)
  const all = cases.map(({ pattern, flags, text }, i) => {
    const compiled = compilePattern(pattern, flags)
    const found = shown(compiled.exec(text), compiled.locate(text))
    const answer = answers[i]!
    return { pattern, text, found, expected: typeof answer === 'string' ? answer : withoutTrailing(answer) }
  })
  const different = all.filter(({ found, expected }) => !isDeepStrictEqual(found, expected))
  assert.deepEqual(different, [])
  t.diagnostic(`${new Set(cases.map(({ pattern }) => pattern)).size} patterns, ${cases.length} texts`)
})

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
