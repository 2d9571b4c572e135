import { ordered } from './comparison.ts'
import { compareDigits } from './digits.ts'

interface Evr {
  readonly epoch: string | undefined
  readonly version: string
  readonly release: string | undefined
}

function readEvr(text: string): Evr | undefined {
  const match = /^(?:(\d*):)?(.*?)(?:-([^-]*))?$/s.exec(text)
  if (match === null || text === '') return undefined
  return { epoch: match[1], version: match[2]!, release: match[3] }
}

/**
 * `EPOCH:VERSION-RELEASE`, compared part by part as librpm compares versions. What a missing part means the schema
 * leaves open; as with the referee it comes before any that is there.
 */
export const compareEvrString = ordered(
  readEvr,
  (a, b) =>
    compareOptional(a.epoch, b.epoch, compareDigits) ||
    compareRpmVersions(a.version, b.version) ||
    compareOptional(a.release, b.release, compareRpmVersions),
)

function compareOptional(
  a: string | undefined,
  b: string | undefined,
  compare: (a: string, b: string) => number,
): number {
  if (a === undefined || b === undefined) return a === b ? 0 : a === undefined ? -1 : 1
  return compare(a, b)
}

/** The algorithm of librpm's `rpmvercmp`: runs of digits and of letters in turn; `~` before everything, `^` after. */
export function compareRpmVersions(a: string, b: string): number {
  let i = 0
  let j = 0
  while (i < a.length || j < b.length) {
    i = skipSeparators(a, i)
    j = skipSeparators(b, j)
    if (a[i] === '~' || b[j] === '~') {
      if (a[i] !== '~') return 1
      if (b[j] !== '~') return -1
      i++
      j++
      continue
    }
    if (a[i] === '^' || b[j] === '^') {
      // `1.0^` is later than `1.0`, but earlier than `1.0.1`.
      if (i >= a.length) return -1
      if (j >= b.length) return 1
      if (a[i] !== '^') return 1
      if (b[j] !== '^') return -1
      i++
      j++
      continue
    }
    if (i >= a.length || j >= b.length) break

    const isNumeric = isDigit(a[i]!)
    const belongs = isNumeric ? isDigit : isLetter
    const left = runOf(a, i, belongs)
    const right = runOf(b, j, belongs)
    if (right === '') return isNumeric ? 1 : -1
    const order = isNumeric ? compareDigits(left, right) : compareText(left, right)
    if (order !== 0) return order
    i += left.length
    j += right.length
  }
  if (i >= a.length && j >= b.length) return 0
  return i >= a.length ? -1 : 1
}

function skipSeparators(text: string, from: number): number {
  let at = from
  while (at < text.length && !/[a-zA-Z0-9~^]/.test(text[at]!)) at++
  return at
}

function runOf(text: string, from: number, belongs: (character: string) => boolean): string {
  let end = from
  while (end < text.length && belongs(text[end]!)) end++
  return text.slice(from, end)
}

export function isDigit(character: string): boolean {
  return character >= '0' && character <= '9'
}

export function isLetter(character: string): boolean {
  return (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z')
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
