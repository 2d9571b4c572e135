/**
 * The eleven attributes of a well-formed CPE name (NISTIR 7695, 5.2), in the order of the formatted string. The same name
 * reads the same from either of its bindings.
 */
export type CpeName = readonly Attribute[]

/** Logical values, or characters of which some may stand for any (`?` for one, `*` for several). */
type Attribute = 'ANY' | 'NA' | readonly (string | Wildcard)[]
interface Wildcard {
  readonly wild: '*' | '?'
}

const attributeCount = 11

/** Reads `cpe:2.3:…` (NISTIR 7695, 6.2) and the older `cpe:/…` (6.1); undefined for what is neither. */
export function parseCpeName(text: string): CpeName | undefined {
  if (text.toLowerCase().startsWith('cpe:2.3:')) {
    const parts = text.slice('cpe:2.3:'.length).match(/(?:\\.|[^:\\])+/g) ?? []
    return parts.length === attributeCount ? parts.map(readFormatted) : undefined
  }
  if (!text.toLowerCase().startsWith('cpe:/')) return undefined
  const [part, vendor, product, version, update, edition, language] = text.slice('cpe:/'.length).split(':')
  // A packed edition: ~edition~sw_edition~target_sw~target_hw~other.
  const packed = edition?.startsWith('~') === true ? edition.slice(1).split('~') : [edition]
  const [legacy, software, targetSoftware, targetHardware, other] = packed
  return [
    part,
    vendor,
    product,
    version,
    update,
    legacy,
    language,
    software,
    targetSoftware,
    targetHardware,
    other,
  ].map(readComponent)
}

/** A character after a backslash is itself; `*` and `?` without one stand for others. */
function readFormatted(value: string): Attribute {
  if (value === '*') return 'ANY'
  if (value === '-') return 'NA'
  return (value.toLowerCase().match(/\\.|[^\\]/g) ?? []).map((one) =>
    one === '*' || one === '?' ? { wild: one } : one.replace(/^\\/, ''),
  )
}

/** In the older binding special characters are percent-encoded, and `%01` and `%02` stand for `?` and `*`. */
function readComponent(value: string | undefined): Attribute {
  if (value === undefined || value === '') return 'ANY'
  if (value === '-') return 'NA'
  return (value.toLowerCase().match(/%[0-9a-f]{2}|[^]/g) ?? []).map((one) => {
    if (one === '%01') return { wild: '?' }
    if (one === '%02') return { wild: '*' }
    return one.length === 3 ? String.fromCharCode(Number.parseInt(one.slice(1), 16)) : one
  })
}

/** Whether `source` says the same as `target` or something wider (NISTIR 7696, 6.2 and 7.3). */
export function cpeMatches(source: string, target: string): boolean {
  const [wide, narrow] = [parseCpeName(source), parseCpeName(target)]
  if (wide === undefined || narrow === undefined) return source === target
  return wide.every((value, at) => covers(value, narrow[at] ?? 'ANY'))
}

/** NISTIR 7696, table 6-2: a target with wildcards cannot be compared, but to ANY. */
function covers(wide: Attribute, narrow: Attribute): boolean {
  if (wide === 'ANY') return true
  if (wide === 'NA' || narrow === 'ANY' || narrow === 'NA') return wide === narrow
  const letters = narrow.flatMap((one) => (typeof one === 'string' ? one : []))
  return letters.length === narrow.length && matchesFrom(wide, letters)
}

/** Wildcards stand at the ends only (NISTIR 7695, 5.3.2): a `?` for one character or none, a `*` for any number. */
function matchesFrom(pattern: readonly (string | Wildcard)[], letters: readonly string[]): boolean {
  const isWild = (one: string | Wildcard): one is Wildcard => typeof one !== 'string'
  const from = pattern.findIndex((one) => !isWild(one))
  if (from === -1) return reaches(pattern.filter(isWild), letters.length)
  const to = pattern.findLastIndex((one) => !isWild(one)) + 1
  const middle = pattern.slice(from, to)
  const [before, after] = [pattern.slice(0, from).filter(isWild), pattern.slice(to).filter(isWild)]
  for (let at = 0; at + middle.length <= letters.length; at += 1) {
    if (!reaches(before, at) || !reaches(after, letters.length - at - middle.length)) continue
    if (middle.every((one, index) => one === letters[at + index])) return true
  }
  return false
}

const reaches = (wildcards: readonly Wildcard[], length: number): boolean =>
  wildcards.some(({ wild }) => wild === '*') || length <= wildcards.length
