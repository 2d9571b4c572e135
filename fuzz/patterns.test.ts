import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { compilePattern, ContentError } from '@plumbline/scap'
import { askPcre2, pcre2testSkip } from '../conformance/patterns/pcre2test.ts'
import type { PatternCase, Pcre2Answer, Span } from '../conformance/patterns/pcre2test.ts'

const CASES = 600
const seed = Number(process.env['FUZZ_SEED'] ?? Date.now() % 2 ** 31)

/** Few letters, so that patterns and texts meet. */
const literal = fc.constantFrom('a', 'b', 'c', 'A', '1', ' ', '\\n', '\\.', 'é', '\\x{1F600}')
const set = fc.constantFrom(
  '.',
  '[ab]',
  '[^a]',
  '[^\\n]',
  '\\w',
  '\\s',
  '\\S',
  '\\d',
  '[[:alpha:]]',
  '\\h',
  '[a-c1]',
  '\\N',
)
const assertion = fc.constantFrom('^', '$', '\\b', '\\B', '\\A', '\\z', '\\Z')
const quantifier = fc.constantFrom('*', '+', '?', '*?', '+?', '??', '{2}', '{1,2}', '{0,1}?', '*+', '++', '?+')
const opening = fc.constantFrom('(', '(', '(', '(?:', '(?:', '(?>', '(?=', '(?!', '(?i:', '(?s:', '(?<=', '(?<!')
const modifier = fc.constantFrom('(?i)', '(?s)', '(?m)', '(?-i)')

const { pattern } = fc.letrec<{ pattern: string; sequence: string; atom: string; group: string; item: string }>(
  (tie) => ({
    atom: fc.oneof(
      { weight: 6, arbitrary: literal },
      { weight: 3, arbitrary: set },
      { weight: 3, arbitrary: tie('group') },
      { weight: 1, arbitrary: fc.constantFrom('\\1', '\\2') },
    ),
    group: fc.tuple(opening, tie('pattern')).map(([open, inner]) => `${open}${inner})`),
    item: fc.oneof(
      { weight: 6, arbitrary: tie('atom') },
      { weight: 4, arbitrary: fc.tuple(tie('atom'), quantifier).map((parts) => parts.join('')) },
      { weight: 1, arbitrary: assertion },
      { weight: 1, arbitrary: modifier },
    ),
    sequence: fc.array(tie('item'), { maxLength: 4, depthIdentifier: 'pattern' }).map((items) => items.join('')),
    pattern: fc
      .array(tie('sequence'), { minLength: 1, maxLength: 3, depthIdentifier: 'pattern' })
      .map((sequences) => sequences.join('|')),
  }),
)
const text = fc
  .array(fc.constantFrom('a', 'b', 'c', 'A', '1', ' ', '\n', '.', 'é', '\u{1f600}'), { maxLength: 12 })
  .map((parts) => parts.join(''))
const flags = fc.record({ ignoreCase: fc.boolean(), multiline: fc.boolean(), singleline: fc.boolean() })

test('random patterns match what they match in PCRE2', { skip: pcre2testSkip() }, (t) => {
  t.diagnostic(`seed ${seed} (set FUZZ_SEED to repeat)`)
  const cases: PatternCase[] = fc.sample(fc.record({ pattern, flags, text }), { seed, numRuns: CASES })
  const answers = askPcre2(cases)
  const all = cases.map((each, i) => ({ ...each, found: answerOf(each), expected: expectedOf(answers[i]!) }))
  const different = all.filter(({ found, expected }) => !isDeepStrictEqual(found, expected) && found !== 'unsupported')
  assert.deepEqual(different.slice(0, 3), [], `${different.length} of ${CASES} differ`)
  const matched = all.filter(({ expected }) => typeof expected !== 'string').length
  t.diagnostic(`${matched} matched, ${all.filter(({ expected }) => expected === 'no match').length} did not`)
  assert.ok(matched > CASES / 10)
})

/** Start, end and text of the whole match and of each group, by both ways to match. */
function answerOf({ pattern: source, flags: modifiers, text: subject }: PatternCase) {
  try {
    const compiled = compilePattern(source, modifiers)
    const match = compiled.exec(subject)
    const places = compiled.locate(subject)
    if (match === undefined || places === undefined) return match === places ? 'no match' : 'one of both has a match'
    return withoutTrailing(places.map((place, i) => place && ([...place, match.groups[i] ?? ''] as const)))
  } catch (error) {
    if (error instanceof ContentError) return error.code.replace('pattern-', '')
    throw error
  }
}

const expectedOf = (answer: Pcre2Answer): Pcre2Answer => (typeof answer === 'string' ? answer : withoutTrailing(answer))

function withoutTrailing(spans: readonly Span[]): readonly Span[] {
  return spans.slice(0, spans.findLastIndex((span) => span !== undefined) + 1)
}

test('no text crashes the pattern translator, and none hangs it', () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom(...'()[]{}\\|*+?^$.:=!<>-,0129abBQEKNRUpxkgi_\'"# \n]é\u{1f600}'.split('')), {
        maxLength: 24,
      }),
      fc.string(),
      (parts, subject) => {
        try {
          compilePattern(parts.join('')).matchAll(subject)
        } catch (error) {
          assert.ok(error instanceof ContentError, String(error))
        }
      },
    ),
    { numRuns: 1_000, interruptAfterTimeLimit: 20_000, markInterruptAsFailure: true },
  )
})
