/** A set of code points: ranges in order, neither touching nor overlapping. */
export type CharSet = readonly (readonly [first: number, last: number])[]

export const MAX_CODE_POINT = 0x10ffff

export const ANY: CharSet = [[0, MAX_CODE_POINT]]
export const NOTHING: CharSet = []

export function charSet(...ranges: readonly (readonly [first: number, last: number])[]): CharSet {
  return union([ranges])
}

/** Without the UCP option, which the referee does not set, these classes are ASCII. VT has been white space since 8.34. */
export const DIGIT = charSet([0x30, 0x39])
export const SPACE = charSet([0x09, 0x0d], [0x20, 0x20])
export const WORD = charSet([0x30, 0x39], [0x41, 0x5a], [0x5f, 0x5f], [0x61, 0x7a])
export const NEWLINE = charSet([0x0a, 0x0a])
export const HORIZONTAL_SPACE = charSet(
  [0x09, 0x09],
  [0x20, 0x20],
  [0xa0, 0xa0],
  [0x1680, 0x1680],
  [0x180e, 0x180e],
  [0x2000, 0x200a],
  [0x202f, 0x202f],
  [0x205f, 0x205f],
  [0x3000, 0x3000],
)
export const VERTICAL_SPACE = charSet([0x0a, 0x0d], [0x85, 0x85], [0x2028, 0x2029])

/** POSIX classes as they stand inside brackets: `[[:alpha:]]`. */
export const POSIX_CLASSES: Readonly<Record<string, CharSet>> = {
  alnum: charSet([0x30, 0x39], [0x41, 0x5a], [0x61, 0x7a]),
  alpha: charSet([0x41, 0x5a], [0x61, 0x7a]),
  ascii: charSet([0, 0x7f]),
  blank: charSet([0x09, 0x09], [0x20, 0x20]),
  cntrl: charSet([0, 0x1f], [0x7f, 0x7f]),
  digit: DIGIT,
  graph: charSet([0x21, 0x7e]),
  lower: charSet([0x61, 0x7a]),
  print: charSet([0x20, 0x7e]),
  punct: charSet([0x21, 0x2f], [0x3a, 0x40], [0x5b, 0x60], [0x7b, 0x7e]),
  space: SPACE,
  upper: charSet([0x41, 0x5a]),
  word: WORD,
  xdigit: charSet([0x30, 0x39], [0x41, 0x46], [0x61, 0x66]),
}

export function union(sets: readonly CharSet[]): CharSet {
  const ranges = sets.flat().sort((a, b) => a[0] - b[0])
  const merged: [number, number][] = []
  for (const [first, last] of ranges) {
    const previous = merged.at(-1)
    if (previous !== undefined && first <= previous[1] + 1) previous[1] = Math.max(previous[1], last)
    else merged.push([first, last])
  }
  return merged
}

export function complement(set: CharSet): CharSet {
  const result: [number, number][] = []
  let next = 0
  for (const [first, last] of set) {
    if (first > next) result.push([next, first - 1])
    next = last + 1
  }
  if (next <= MAX_CODE_POINT) result.push([next, MAX_CODE_POINT])
  return result
}

export function contains(set: CharSet, codePoint: number): boolean {
  let low = 0
  let high = set.length - 1
  while (low <= high) {
    const middle = (low + high) >> 1
    const [first, last] = set[middle]!
    if (codePoint < first) high = middle - 1
    else if (codePoint > last) low = middle + 1
    else return true
  }
  return false
}

export function areDisjoint(a: CharSet, b: CharSet): boolean {
  return !a.some(([first, last]) => b.some(([otherFirst, otherLast]) => first <= otherLast && otherFirst <= last))
}
