/**
 * A file's name may be any bytes. As text, each byte that is no UTF-8 is a lone surrogate, U+DC80 to U+DCFF (as Python's
 * `surrogateescape` has it): so a name that nobody can read is still the name of its file, and asking for it finds it.
 */
export function textOf(bytes: Buffer): string {
  const text = bytes.toString('utf8')
  return isDoubtful(text) ? escape(bytes) : text
}

/** The bytes of such a text; the text itself where it is one. */
export function bytesOf(text: string): Buffer | string {
  if (text.isWellFormed()) return text
  const parts = text.split(/([\u{DC80}-\u{DCFF}])/u)
  return Buffer.concat(
    parts.map((part, at) => (at % 2 === 0 ? Buffer.from(part) : Buffer.of(part.charCodeAt(0) & 0xff))),
  )
}

/** Whether bytes of a name may have been lost: then it is to be asked for again, in bytes. */
export const isDoubtful = (name: string): boolean => name.includes('\uFFFD')

function escape(bytes: Buffer): string {
  const parts: string[] = []
  let from = 0
  for (let at = 0; at < bytes.length;) {
    const length = lengthOfCharacter(bytes, at)
    if (length === 0) {
      parts.push(bytes.toString('utf8', from, at), String.fromCharCode(0xdc00 + (bytes[at] ?? 0)))
      from = at + 1
    }
    at += length || 1
  }
  parts.push(bytes.toString('utf8', from))
  return parts.join('')
}

/** The Unicode Standard, table 3-7: which first bytes begin how many, and where the second must lie. */
const beginnings: readonly (readonly [first: number, last: number, length: number, least: number, most: number])[] = [
  [0xc2, 0xdf, 2, 0x80, 0xbf],
  [0xe0, 0xe0, 3, 0xa0, 0xbf],
  [0xe1, 0xec, 3, 0x80, 0xbf],
  [0xed, 0xed, 3, 0x80, 0x9f],
  [0xee, 0xef, 3, 0x80, 0xbf],
  [0xf0, 0xf0, 4, 0x90, 0xbf],
  [0xf1, 0xf3, 4, 0x80, 0xbf],
  [0xf4, 0xf4, 4, 0x80, 0x8f],
]

/** How many bytes the character has that begins there; 0 for none. */
function lengthOfCharacter(bytes: Buffer, at: number): number {
  const byte = bytes[at] ?? 0
  if (byte < 0x80) return 1
  const [, , length, least, most] = beginnings.find(([first, last]) => byte >= first && byte <= last) ?? []
  if (length === undefined || least === undefined || most === undefined) return 0
  const second = bytes[at + 1] ?? 0
  if (second < least || second > most) return 0
  for (let next = at + 2; next < at + length; next += 1) if (((bytes[next] ?? 0) & 0xc0) !== 0x80) return 0
  return length
}
