import { FunctionError, stringValue } from './values.ts'
import type { Value } from './values.ts'

export function globToRegex(noescape: boolean, values: readonly Value[]): Value[] {
  return values.map(({ text }) => stringValue(convert(text, noescape)))
}

/**
 * OVAL definitions schema, GlobToRegexFunctionType: `*` and `?` stay within a path component and do not match a dot
 * that begins one; a bracket that is not closed is an error.
 */
function convert(glob: string, noescape: boolean): string {
  let regex = '^'
  let at = 0
  while (at < glob.length) {
    const character = glob[at]!
    const beginsName = at === 0 || glob[at - 1] === '/'
    at++
    switch (character) {
      case '*':
        regex += beginsName ? '(?=[^.])[^/]*' : '[^/]*'
        break
      case '?':
        regex += beginsName ? '[^./]' : '[^/]'
        break
      case '[': {
        const end = classEnd(glob, at)
        regex += `[${bracketText(glob.slice(at, end), noescape)}]`
        at = end + 1
        break
      }
      case '\\':
        if (noescape || at === glob.length) {
          regex += '\\\\'
        } else {
          regex += escapeCharacter(glob[at]!)
          at++
        }
        break
      default:
        regex += escapeCharacter(character)
    }
  }
  return `${regex}$`
}

/** Where the bracket expression that began before `from` ends; a `]` that comes first is a member of it. */
function classEnd(glob: string, from: number): number {
  let at = from
  if (glob[at] === '!' || glob[at] === '^') at++
  if (glob[at] === ']') at++
  while (at < glob.length && glob[at] !== ']') {
    const posix = /^\[:\w+:\]/.exec(glob.slice(at))
    at += posix?.[0].length ?? 1
  }
  if (at >= glob.length) throw new FunctionError(`glob_to_regex: "${glob}" has a "[" that is not closed`)
  return at
}

function bracketText(text: string, noescape: boolean): string {
  const negated = text.startsWith('!') || text.startsWith('^')
  const members = text.slice(negated ? 1 : 0)
  return (negated ? '^' : '') + (noescape ? members.replaceAll('\\', '\\\\') : members)
}

function escapeCharacter(character: string): string {
  return /[\^$\\.[\](){}*+?|]/.test(character) ? `\\${character}` : character
}
