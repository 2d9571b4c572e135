import { union } from './char-set.ts'
import type { CharSet } from './char-set.ts'

/** Beyond this code point nothing has case. */
const LAST_CASED = 0x1e943

const LAST_ASCII = 0x7f
const KELVIN_SIGN = 0x212a
const LONG_S = 0x17f

/** Code points that are the same letter but for case, by one of them. Built when a pattern first needs it. */
let families: ReadonlyMap<number, readonly number[]> | undefined

/** The set and every other case of its members, by Unicode's simple case folding. */
export function foldCase(set: CharSet): CharSet {
  if ((set.at(-1)?.[1] ?? 0) <= LAST_ASCII) return foldAscii(set)
  families ??= findFamilies()
  const others: (readonly [number, number])[] = []
  for (const [first, last] of set) {
    for (let codePoint = first; codePoint <= Math.min(last, LAST_CASED); codePoint++) {
      for (const other of families.get(codePoint) ?? []) others.push([other, other])
    }
  }
  return others.length === 0 ? set : union([set, others])
}

/** Nearly all patterns; spares them the table of all letters. */
function foldAscii(set: CharSet): CharSet {
  const others: (readonly [number, number])[] = []
  for (const [first, last] of set) {
    for (let codePoint = first; codePoint <= last; codePoint++) {
      const other = codePoint ^ 0x20
      if (isAsciiLetter(codePoint)) others.push([other, other])
      if (codePoint === 0x4b || codePoint === 0x6b) others.push([KELVIN_SIGN, KELVIN_SIGN])
      if (codePoint === 0x53 || codePoint === 0x73) others.push([LONG_S, LONG_S])
    }
  }
  return others.length === 0 ? set : union([set, others])
}

function isAsciiLetter(codePoint: number): boolean {
  return (codePoint >= 0x41 && codePoint <= 0x5a) || (codePoint >= 0x61 && codePoint <= 0x7a)
}

function findFamilies(): Map<number, number[]> {
  const byFold = new Map<number, number[]>()
  for (let codePoint = 0x41; codePoint <= LAST_CASED; codePoint++) {
    const text = String.fromCodePoint(codePoint)
    const upper = text.toUpperCase()
    const lower = text.toLowerCase()
    if (upper === text && lower === text) continue
    const fold = single(single(codePoint, upper), String.fromCodePoint(single(codePoint, upper)).toLowerCase())
    const family = byFold.get(fold)
    if (family === undefined) byFold.set(fold, [codePoint])
    else family.push(codePoint)
  }
  const families = new Map<number, number[]>()
  for (const family of byFold.values()) {
    if (family.length > 1) for (const member of family) families.set(member, family)
  }
  return families
}

/** A mapping to several letters (ß to SS) is no simple one. */
function single(codePoint: number, mapped: string): number {
  const first = mapped.codePointAt(0)!
  return String.fromCodePoint(first) === mapped ? first : codePoint
}
