/** A whole number as such files print it, with a value for an empty or unreadable field. */
export function parseInteger(text: string | undefined, otherwise: bigint): bigint {
  return text !== undefined && /^-?\d{1,20}$/.test(text) ? BigInt(text) : otherwise
}
