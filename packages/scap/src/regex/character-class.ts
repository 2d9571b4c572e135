import { foldCase } from './case-fold.ts'
import {
  complement,
  DIGIT,
  HORIZONTAL_SPACE,
  NOTHING,
  POSIX_CLASSES,
  SPACE,
  union,
  VERTICAL_SPACE,
  WORD,
} from './char-set.ts'
import type { CharSet } from './char-set.ts'
import { readCharacterEscape } from './escape.ts'

/** Escapes that stand for a set of characters, inside brackets and outside. */
export const CLASS_ESCAPES: Readonly<Record<string, CharSet>> = {
  d: DIGIT,
  D: complement(DIGIT),
  h: HORIZONTAL_SPACE,
  H: complement(HORIZONTAL_SPACE),
  s: SPACE,
  S: complement(SPACE),
  v: VERTICAL_SPACE,
  V: complement(VERTICAL_SPACE),
  w: WORD,
  W: complement(WORD),
}

type Fail = (message: string, at: number) => never

/** One member of a class: a character, which may begin a range, or a set, which may not. */
type Member = { readonly codePoint: number } | { readonly set: CharSet }

/** Reads `[…]`. A `]` that comes first is itself; case is folded for what is spelled out, not for `\w` and its like. */
export function readClass(
  source: string,
  start: number,
  ignoreCase: boolean,
  fail: Fail,
): { readonly set: CharSet; readonly end: number } {
  let at = start + 1
  const isNegated = source[at] === '^'
  if (isNegated) at++
  const spelled: (readonly [number, number])[] = []
  const sets: CharSet[] = []
  const first = at
  let isQuoted = false

  const next = (): Member | undefined => {
    for (;;) {
      if (at >= source.length) fail('a "[" that is not closed', start)
      if (source.startsWith('\\E', at)) isQuoted = false
      else if (!isQuoted && source.startsWith('\\Q', at)) isQuoted = true
      else break
      at += 2
    }
    if (source[at] === ']' && !isQuoted && at !== first) return undefined
    if (isQuoted) return character()
    const posix = /^\[:(\^?)(\w*):\]/.exec(source.slice(at, at + 16))
    if (posix !== null) {
      at += posix[0].length
      return { set: posixClass(posix[2]!, posix[1] === '^') }
    }
    if (/^\[[.=].*?[.=]\]/.test(source.slice(at, at + 16))) fail('a POSIX collating element', at)
    return source[at] === '\\' ? escape() : character()
  }
  const character = (): Member => {
    const codePoint = source.codePointAt(at)!
    at += codePoint > 0xffff ? 2 : 1
    return { codePoint }
  }
  const posixClass = (name: string, negated: boolean): CharSet => {
    const wanted = ignoreCase && (name === 'upper' || name === 'lower') ? 'alpha' : name
    if (!Object.hasOwn(POSIX_CLASSES, wanted)) fail(`the unknown POSIX class [:${name}:]`, at)
    return negated ? complement(POSIX_CLASSES[wanted]!) : POSIX_CLASSES[wanted]!
  }
  const escape = (): Member => {
    const letter = source[at + 1] ?? fail('a "[" that is not closed', start)
    if (Object.hasOwn(CLASS_ESCAPES, letter)) {
      at += 2
      return { set: CLASS_ESCAPES[letter]! }
    }
    if (letter === 'b') {
      at += 2
      return { codePoint: 0x08 }
    }
    if (letter === 'p' || letter === 'P') {
      const property = readProperty(source, at, (message) => fail(message, at))
      at = property.end
      return { set: property.set }
    }
    if (/[BRXN]/.test(letter)) fail(`\\${letter} inside brackets`, at)
    const { codePoint, end } = readCharacterEscape(source, at, (message) => fail(message, at))
    at = end
    return { codePoint }
  }

  for (let member = next(); member !== undefined; member = next()) {
    if ('set' in member) {
      sets.push(member.set)
      continue
    }
    const { codePoint } = member
    // A hyphen is a range only between two characters; before "]" or a set it is itself.
    if (isQuoted || source[at] !== '-' || source[at + 1] === ']' || source[at + 1] === undefined) {
      spelled.push([codePoint, codePoint])
      continue
    }
    const hyphen = at++
    const upper = next()
    if (upper === undefined || 'set' in upper) {
      spelled.push([codePoint, codePoint], [0x2d, 0x2d])
      if (upper !== undefined) sets.push(upper.set)
      if (upper === undefined) break
      continue
    }
    if (upper.codePoint < codePoint) fail('a range that is out of order', hyphen)
    spelled.push([codePoint, upper.codePoint])
  }

  const letters = union([spelled])
  const set = union([ignoreCase ? foldCase(letters) : letters, ...sets])
  return { set: isNegated ? complement(set) : set, end: at + 1 }
}

/** `\p{Lu} \pL \p{^Greek} \P{L&}`, by the properties that the runtime knows. */
export function readProperty(
  source: string,
  start: number,
  fail: (message: string) => never,
): { readonly set: CharSet; readonly end: number } {
  const match = /^\\([pP])(?:\{(\^?)([\w&]+)\}|([A-Z]))/.exec(source.slice(start, start + 48))
  if (match === null) fail('\\p without a property')
  const [whole, letter, caret, braced, short] = match
  const set = propertySet(braced ?? short!) ?? fail(`the unknown property ${whole}`)
  const isNegated = (letter === 'P') !== (caret === '^')
  return { set: isNegated ? complement(set) : set, end: start + whole.length }
}

/** Properties of PCRE's own. */
const OWN_PROPERTIES: Readonly<Record<string, string>> = {
  Any: '[^]',
  'L&': '[\\p{Lu}\\p{Ll}\\p{Lt}]',
  Xan: '[\\p{L}\\p{N}]',
  Xwd: '[\\p{L}\\p{N}_]',
  Xps: '[\\p{Z}\\t-\\r]',
  Xsp: '[\\p{Z}\\t-\\r]',
}

function propertySet(name: string): CharSet | undefined {
  const known = Object.hasOwn(OWN_PROPERTIES, name) ? OWN_PROPERTIES[name] : undefined
  for (const candidate of known === undefined ? [`\\p{${name}}`, `\\p{Script=${name}}`] : [known]) {
    let member: RegExp
    try {
      member = new RegExp(`^${candidate}$`, 'u')
    } catch {
      continue // not a name that the runtime has
    }
    return scan((codePoint) => member.test(String.fromCodePoint(codePoint)))
  }
  return undefined
}

function scan(belongs: (codePoint: number) => boolean): CharSet {
  const ranges: [number, number][] = []
  for (let codePoint = 0; codePoint <= 0x10ffff; codePoint++) {
    if (!belongs(codePoint)) continue
    const last = ranges.at(-1)
    if (last !== undefined && last[1] === codePoint - 1) last[1] = codePoint
    else ranges.push([codePoint, codePoint])
  }
  return ranges.length === 0 ? NOTHING : ranges
}
