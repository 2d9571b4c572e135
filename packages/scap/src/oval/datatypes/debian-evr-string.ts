import { ordered } from './comparison.ts'
import { compareDigits } from './digits.ts'
import { isDigit, isLetter } from './evr-string.ts'

interface DebianEvr {
  readonly epoch: string
  readonly upstream: string
  readonly revision: string
}

/** `EPOCH:UPSTREAM_VERSION-DEBIAN_REVISION` (Debian Policy 5.6.12); no epoch is 0, no revision is like revision `0`. */
function readDebianEvr(text: string): DebianEvr | undefined {
  const match = /^(?:(\d*):)?(.*?)(?:-([^-]*))?$/s.exec(text.trim())
  if (match === null || text.trim() === '') return undefined
  return { epoch: match[1] ?? '', upstream: match[2]!, revision: match[3] ?? '' }
}

export const compareDebianEvrString = ordered(
  readDebianEvr,
  (a, b) =>
    compareDigits(a.epoch, b.epoch) ||
    compareDebianParts(a.upstream, b.upstream) ||
    compareDebianParts(a.revision, b.revision),
)

/** Debian Policy 5.6.12: in turn the longest run without digits, by weight, and the longest run of digits, as numbers. */
export function compareDebianParts(a: string, b: string): number {
  let i = 0
  let j = 0
  while (i < a.length || j < b.length) {
    while ((i < a.length && !isDigit(a[i]!)) || (j < b.length && !isDigit(b[j]!))) {
      const order = weight(a[i]) - weight(b[j])
      if (order !== 0) return order
      // Past the end on one side only when that side stands at a digit or its end: its weight is 0 there.
      if (i < a.length && !isDigit(a[i]!)) i++
      if (j < b.length && !isDigit(b[j]!)) j++
    }
    const left = /^\d*/.exec(a.slice(i))![0]
    const right = /^\d*/.exec(b.slice(j))![0]
    const order = compareDigits(left, right)
    if (order !== 0) return order
    i += left.length
    j += right.length
  }
  return 0
}

/** `~` sorts before the end, letters before everything else. */
function weight(character: string | undefined): number {
  if (character === undefined || isDigit(character)) return 0
  if (character === '~') return -1
  return isLetter(character) ? character.charCodeAt(0) : character.charCodeAt(0) + 256
}
