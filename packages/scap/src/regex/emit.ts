import type { Assertion, Node } from './ast.ts'
import { complement, contains, MAX_CODE_POINT } from './char-set.ts'
import type { CharSet } from './char-set.ts'

/** A pattern as a JavaScript one (flag `u`), and where its groups went: atomic groups take numbers of their own. */
export interface EmittedPattern {
  readonly source: string
  /** Position of each capturing group of the pattern among JavaScript's, by its number; index 0 is the whole. */
  readonly groups: readonly number[]
}

/** `^` and `$` of JavaScript without flag `m` are the very start and end of the text. */
const ASSERTIONS: Readonly<Record<Assertion, string>> = {
  start: '^',
  end: '$',
  'last line end': '(?=\\n?$)',
  'line start': '(?:^|(?<=\\n)(?!$))',
  'line end': '(?=\\n|$)',
  'word boundary': '\\b',
  'not word boundary': '\\B',
}

/** Only for what `isExpressible`. */
export function emitPattern(node: Node, captures: number): EmittedPattern {
  const numbers = numberGroups(node, captures)
  let atomics = 0
  const source = emit(node)
  return { source, groups: numbers.captures }

  function emit(inner: Node): string {
    switch (inner.kind) {
      case 'set':
        return emitSet(inner.set)
      case 'assertion':
        return ASSERTIONS[inner.assertion]
      case 'sequence':
        return inner.nodes.map((part) => (part.kind === 'alternatives' ? `(?:${emit(part)})` : emit(part))).join('')
      case 'alternatives':
        return inner.nodes.map(emit).join('|')
      case 'capture':
        return `(${emit(inner.node)})`
      case 'atomic': {
        // A look-ahead never gives back what it matched; the back-reference then takes it.
        const number = numbers.atomics[atomics++]!
        return `(?=(${emit(inner.node)}))\\${number}(?:)`
      }
      case 'look':
        return `(?${inner.ahead ? '' : '<'}${inner.negative ? '!' : '='}${emit(inner.node)})`
      case 'reference': {
        const reference = `\\${numbers.captures[inner.index]!}`
        return inner.ignoreCase ? `(?i:${reference})` : `(?:${reference})`
      }
      case 'repeat':
        return emitRepeat(inner)
    }
  }

  function emitRepeat({ node: body, min, max, lazy }: Node & { kind: 'repeat' }): string {
    const atom = body.kind === 'set' || body.kind === 'capture' ? emit(body) : `(?:${emit(body)})`
    return atom + quantifier(min, max) + (lazy ? '?' : '')
  }
}

function quantifier(min: number, max: number): string {
  if (min === 0 && max === Infinity) return '*'
  if (min === 1 && max === Infinity) return '+'
  if (min === 0 && max === 1) return '?'
  if (min === max) return `{${min}}`
  return `{${min},${max === Infinity ? '' : max}}`
}

/** JavaScript numbers groups by their opening parenthesis, those of atomic groups among them. */
function numberGroups(
  root: Node,
  count: number,
): { readonly captures: readonly number[]; readonly atomics: readonly number[] } {
  const captures = Array<number>(count + 1).fill(0)
  const atomics: number[] = []
  let next = 0
  const walk = (node: Node): void => {
    if (node.kind === 'capture') captures[node.index] = ++next
    if (node.kind === 'atomic') atomics.push(++next)
    if ('node' in node) walk(node.node)
    if ('nodes' in node) node.nodes.forEach(walk)
  }
  walk(root)
  return { captures, atomics }
}

function emitSet(set: CharSet): string {
  if (set.length === 0) return '[]'
  const [first] = set
  if (set.length === 1 && first![0] === 0 && first![1] === MAX_CODE_POINT) return '[^]'
  if (set.length === 1 && first![0] === first![1]) return emitCharacter(first![0], false)
  // What reaches the last code point was most likely written negated.
  if (contains(set, MAX_CODE_POINT)) return `[^${complement(set).map(emitRange).join('')}]`
  return `[${set.map(emitRange).join('')}]`
}

function emitRange([first, last]: readonly [number, number]): string {
  if (first === last) return emitCharacter(first, true)
  const hyphen = last === first + 1 ? '' : '-'
  return `${emitCharacter(first, true)}${hyphen}${emitCharacter(last, true)}`
}

function emitCharacter(codePoint: number, inClass: boolean): string {
  if (codePoint < 0x20 || codePoint > 0x7e) return `\\u{${codePoint.toString(16)}}`
  const character = String.fromCharCode(codePoint)
  const special = inClass ? /[\\\]^-]/ : /[\\^$.*+?()[\]{}|/]/
  return special.test(character) ? `\\${character}` : character
}
