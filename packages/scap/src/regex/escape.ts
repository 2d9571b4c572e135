const SIMPLE: Readonly<Record<string, number>> = { a: 0x07, e: 0x1b, f: 0x0c, n: 0x0a, r: 0x0d, t: 0x09 }

/** The character that an escape stands for: `\n \x41 \x{263a} \o{101} \101 \cA \.` and any letter without a meaning. */
export function readCharacterEscape(
  source: string,
  at: number,
  fail: (message: string) => never,
): { readonly codePoint: number; readonly end: number } {
  const rest = source.slice(at, at + 16)
  const letter = rest[1] ?? fail('a backslash at the end')
  if (Object.hasOwn(SIMPLE, letter)) return { codePoint: SIMPLE[letter]!, end: at + 2 }
  const braced = /^\\(?:x\{([0-9A-Fa-f]+)\}|o\{([0-7]+)\})/.exec(rest)
  if (braced !== null) {
    const codePoint = braced[1] === undefined ? parseInt(braced[2]!, 8) : parseInt(braced[1], 16)
    if (codePoint > 0x10ffff) fail('a code point above \\x{10ffff}')
    return { codePoint, end: at + braced[0].length }
  }
  const hexadecimal = /^\\x([0-9A-Fa-f]{0,2})/.exec(rest)
  if (hexadecimal !== null) return { codePoint: parseInt(`0${hexadecimal[1]}`, 16), end: at + hexadecimal[0].length }
  const octal = /^\\(0[0-7]{0,2}|[1-7][0-7]{0,2})/.exec(rest)
  if (octal !== null) return { codePoint: parseInt(octal[1]!, 8), end: at + octal[0].length }
  const control = /^\\c([\x20-\x7e])/.exec(rest)
  if (control !== null) return { codePoint: control[1]!.toUpperCase().charCodeAt(0) ^ 0x40, end: at + 3 }
  if (/[cloLuU]/.test(letter)) fail(`\\${letter}, which PCRE does not have`)
  const codePoint = source.codePointAt(at + 1)!
  return { codePoint, end: at + 1 + (codePoint > 0xffff ? 2 : 1) }
}
