/** The eleven attributes of a well-formed CPE name (NISTIR 7695, 5.2), in the order of the formatted string. */
export type CpeName = readonly string[]

const attributes = 11
const anyValue = '*'

/** Reads `cpe:2.3:…` (NISTIR 7695, 6.2) and the older `cpe:/…` (6.1); undefined for what is neither. */
export function parseCpeName(text: string): CpeName | undefined {
  if (text.startsWith('cpe:2.3:')) {
    const parts = text.slice('cpe:2.3:'.length).match(/(?:\\.|[^:\\])+/g) ?? []
    return parts.length === attributes ? parts.map((part) => part.toLowerCase()) : undefined
  }
  if (!text.toLowerCase().startsWith('cpe:/')) return undefined
  const [part = '', vendor, product, version, update, edition, language] = text.slice('cpe:/'.length).split(':')
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
  ].map((value) =>
    value === undefined || value === ''
      ? anyValue
      : decodeURIComponent(value.replace(/%(?![0-9a-f]{2})/gi, '%25')).toLowerCase(),
  )
}

/** Whether `source` says the same as `target` or something wider (NISTIR 7696, 6.2). */
export function cpeMatches(source: string, target: string): boolean {
  const [wide, narrow] = [parseCpeName(source), parseCpeName(target)]
  if (wide === undefined || narrow === undefined) return source === target
  return wide.every((value, at) => value === anyValue || value === narrow[at])
}
