/**
 * XML 1.0 (fifth edition), productions 4 and 4a, beyond ASCII: first and last character of each range. Characters outside
 * the basic plane come as two surrogates.
 */
const firstCharacters: readonly (readonly [number, number])[] = [
  [0xc0, 0xd6],
  [0xd8, 0xf6],
  [0xf8, 0x2ff],
  [0x370, 0x37d],
  [0x37f, 0x1fff],
  [0x200c, 0x200d],
  [0x2070, 0x218f],
  [0x2c00, 0x2fef],
  [0x3001, 0xdfff],
  [0xf900, 0xfdcf],
  [0xfdf0, 0xfffd],
]
const laterCharacters: readonly (readonly [number, number])[] = [
  [0xb7, 0xb7],
  [0x300, 0x36f],
  [0x203f, 0x2040],
]

const START = 1
const LATER = 2
/** For each ASCII character, whether it may begin a name, or stand in one. The colon counts: prefixes are told apart later. */
const ascii = Uint8Array.from({ length: 128 }, (_, code) => {
  const character = String.fromCharCode(code)
  if (/[A-Za-z_:]/.test(character)) return START | LATER
  return /[-.0-9]/.test(character) ? LATER : 0
})

/** Where the name ends that begins at `start`; `start` itself when none does. */
export function endOfName(text: string, start: number): number {
  let at = start
  for (; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    const fits = code < 128 ? (ascii[code]! & (at === start ? START : LATER)) !== 0 : mayName(code, at === start)
    if (!fits) break
  }
  return at
}

const mayName = (code: number, first: boolean): boolean =>
  isWithin(firstCharacters, code) || (!first && isWithin(laterCharacters, code))

const isWithin = (ranges: readonly (readonly [number, number])[], code: number): boolean =>
  ranges.some(([least, most]) => code >= least && code <= most)

/** A name in its two parts; undefined for one with colons in the wrong places (Namespaces in XML 1.0, QName). */
export function splitName(name: string): { readonly prefix: string; readonly local: string } | undefined {
  const colon = name.indexOf(':')
  if (colon === -1) return { prefix: '', local: name }
  const local = name.slice(colon + 1)
  if (colon === 0 || local.includes(':') || endOfName(local, 0) !== local.length || local === '') return undefined
  return { prefix: name.slice(0, colon), local }
}
