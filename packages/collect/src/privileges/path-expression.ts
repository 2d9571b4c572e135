/** A character of a name that sudo can be told of: its arguments are joined by spaces before they are compared. */
const inName = '[^/[:space:]]'

/**
 * A name that leads neither here nor up: whoever may read what is below a folder must not be able to leave it by `..`.
 * Names that begin with two dots are left out with them.
 */
export const nameExpression = String.raw`\.?[^./[:space:]]${inName}*`

/** A POSIX extended expression that this very text matches. */
export const exactly = (text: string): string => text.replace(/[\\^$.|?*+()[\]{}]/g, String.raw`\$&`)

/**
 * A Perl 5 pattern for a path, or a part of one, as a POSIX extended expression that matches no more: what stands for any
 * character does not stand for a slash or a space. It matches the whole; where the pattern is open at an end, so is the name
 * there. Undefined for what it cannot say (look-around, back references, spaces).
 */
export function pathExpression(pattern: string): string | undefined {
  const isOpenBefore = !pattern.startsWith('^')
  const isOpenBehind = !/(?<!\\)\$$/.test(pattern)
  // Look-around, inline flags and named groups.
  if (/\((?:\?(?!:)|\*)/.test(pattern)) return undefined
  const body = pattern.slice(isOpenBefore ? 0 : 1, isOpenBehind ? undefined : -1)
  let out = ''
  for (let at = 0; at < body.length;) {
    const found = token.exec(body.slice(at))?.[0]
    const said = found === undefined ? undefined : say(found)
    if (found === undefined || said === undefined) return undefined
    out += said
    at += found.length
  }
  // An alternative would take only one of the ends with it.
  const whole = /[|]/.test(out) ? `(${out})` : out
  // A path begins with a slash, and has nothing before it.
  const before = isOpenBefore && !pattern.startsWith('/') ? `${inName}*` : ''
  return `${before}${whole}${isOpenBehind ? `${inName}*` : ''}`
}

/** A group's beginning, a class, an escape, a quantifier that may be lazy or possessive, or one character. */
const token = /^(?:\(\?:|\[\^?\]?[^\]\\[]*(?:\\.[^\]\\[]*)*\]|\\.|[*+?][?+]?|[^\\])/s

const classes: Readonly<Record<string, string>> = { d: '[0-9]', w: '[A-Za-z0-9_]', S: inName }

function say(found: string): string | undefined {
  const [first = '', second = ''] = found
  if (found === '(?:') return '('
  if (first === '[') return sayClass(found)
  if (first === '\\') return classes[second] ?? (/^\W$/.test(second) && second !== ' ' ? exactly(second) : undefined)
  if (/^[*+?]/.test(found)) return first
  if (found === '.') return inName
  if (/^[()|]$/.test(found)) return found
  return /^[[\]{}^$\s]$/.test(found) ? undefined : found
}

function sayClass(found: string): string | undefined {
  const isNegated = found.startsWith('[^')
  const inside = found.slice(isNegated ? 2 : 1, -1).replace(/\\(?=\W)/g, '')
  // A closing bracket or a caret would have to stand in another place, and of escapes the plain ones are enough.
  if (/[\\\][^]/.test(inside) || inside.startsWith('-')) return undefined
  if (isNegated) return `[^${inside.includes('/') ? '' : '/'}${inside}[:space:]]`
  return /[/\s]/.test(inside) ? undefined : `[${inside}]`
}
