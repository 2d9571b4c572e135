import { spawnSync } from 'node:child_process'
import type { PatternFlags } from '@plumbline/scap'

/** A pattern held against one text. */
export interface PatternCase {
  readonly pattern: string
  readonly flags?: PatternFlags
  readonly text: string
}

/** Start, end and text of each group; `undefined` for one that took no part. */
export type Span = readonly [start: number, end: number, text: string] | undefined

/** What PCRE2 says: the groups of the first match, no match, or that it is no pattern. */
export type Pcre2Answer = 'invalid' | 'limit' | 'no match' | readonly Span[]

/** Why the comparison cannot run here; the CI must have it. */
export function pcre2testSkip(): string | false {
  const found = spawnSync('pcre2test', ['-C', 'unicode'])
  if (found.error === undefined) return false
  if (process.env['CI'] === 'true') throw new Error('pcre2test is missing: install pcre2-utils')
  return 'pcre2test (package pcre2-utils) is not installed'
}

/** Asks Debian's `pcre2test` about all cases in one run. */
export function askPcre2(cases: readonly PatternCase[]): Pcre2Answer[] {
  const input = cases.map(
    ({ pattern, flags, text }) => `/${hexadecimal(pattern)}/${modifiers(flags)}\n    ${escaped(text)}\n\n`,
  )
  const { stdout, error } = spawnSync('pcre2test', ['-q'], {
    input: input.join(''),
    encoding: 'latin1',
    maxBuffer: 1 << 28,
  })
  if (error !== undefined) throw error
  const blocks = stdout.split(/^\/(?=[0-9a-f ]*\/hex)/m).slice(1)
  if (blocks.length !== cases.length) throw new Error(`pcre2test answered ${blocks.length} of ${cases.length} cases`)
  return blocks.map((block, i) => readAnswer(block, cases[i]!.text))
}

function modifiers({ ignoreCase, multiline, singleline }: PatternFlags = {}): string {
  const set = [ignoreCase && 'caseless', multiline && 'multiline', singleline && 'dotall'].filter(Boolean)
  return ['hex', 'utf', 'allaftertext', ...set].join(',')
}

function hexadecimal(text: string): string {
  return [...Buffer.from(text)].map((byte) => byte.toString(16).padStart(2, '0')).join(' ')
}

/** A backslash alone at the end stands for an empty subject. */
function escaped(text: string): string {
  return text === '' ? '\\' : Array.from(text, (character) => `\\x{${character.codePointAt(0)!.toString(16)}}`).join('')
}

/**
 * Lines of a match: ` 1: text` and ` 1+ what follows it`, from which the offsets come. They count code points here, and
 * are turned into UTF-16 units.
 */
function readAnswer(block: string, text: string): Pcre2Answer {
  if (/^Failed: error -(?:47|53|63)\b/m.test(block)) return 'limit'
  if (/^Failed: error/m.test(block)) return 'invalid'
  if (/^No match/m.test(block)) return 'no match'
  const spans: Span[] = []
  for (const [, number, mark, shown] of block.matchAll(/^ ?(\d+)([:+])(?: (.*))?$/gm)) {
    const index = Number(number)
    if (mark === ':') spans[index] = shown === '<unset>' ? undefined : [0, 0, unescaped(shown ?? '')]
    const span = spans[index]
    if (mark === '+' && span !== undefined) {
      const end = text.length - unescaped(shown ?? '').length
      spans[index] = [end - span[2].length, end, span[2]]
    }
  }
  return spans
}

function unescaped(shown: string): string {
  return Buffer.from(shown, 'latin1')
    .toString('utf8')
    .replace(/\\x(?:\{([0-9a-f]+)\}|([0-9a-f]{2}))/g, (_, braced?: string, two?: string) =>
      String.fromCodePoint(parseInt(braced ?? two!, 16)),
    )
}
