import { ContentError } from '../errors.ts'

import type { Node, ParsedPattern } from './ast.ts'
import { foldCase } from './case-fold.ts'
import { ANY, complement, NEWLINE, VERTICAL_SPACE } from './char-set.ts'
import type { CharSet } from './char-set.ts'
import { CLASS_ESCAPES, readClass, readProperty } from './character-class.ts'
import { readCharacterEscape } from './escape.ts'
import { fixedLength, hasReference } from './fixed-length.ts'
import type { PatternFlags } from './pattern.ts'

/** Deeper than any pattern written by hand; keeps the parser and all that follow it off the end of the stack. */
const MAX_DEPTH = 200
const MAX_REPEAT = 65_535

interface Modifiers {
  readonly ignoreCase: boolean
  readonly multiline: boolean
  readonly singleline: boolean
  readonly extended: boolean
  readonly ungreedy: boolean
}

/** Reads a Perl 5 pattern as PCRE understands it. Throws `ContentError` with the offset for what is wrong or not supported. */
export function parsePattern(source: string, flags: PatternFlags = {}): ParsedPattern {
  return new Parser(source, {
    ignoreCase: flags.ignoreCase ?? false,
    multiline: flags.multiline ?? false,
    singleline: flags.singleline ?? false,
    extended: false,
    ungreedy: false,
  }).parse()
}

class Parser {
  readonly #source: string
  #modifiers: Modifiers
  #at = 0
  #depth = 0
  #captures = 0
  /** Counted ahead, because `\12` is a reference or an octal number depending on how many groups there are. */
  readonly #captureCount: number
  readonly #names = new Map<string, number>()
  readonly #references: {
    readonly name: string | number
    readonly at: number
    readonly resolve: (index: number) => void
  }[] = []

  constructor(source: string, modifiers: Modifiers) {
    this.#source = source
    this.#modifiers = modifiers
    this.#captureCount = countCaptures(source)
  }

  parse(): ParsedPattern {
    // PCRE's ways to switch UTF on from inside the pattern; it always is here.
    const option = /^(?:\(\*UTF8?\))+/.exec(this.#source)
    if (option !== null) this.#at = option[0].length
    const node = this.#alternatives()
    if (this.#at < this.#source.length) this.#invalid('a ")" that closes nothing')
    for (const { name, at, resolve } of this.#references) {
      const index = typeof name === 'number' ? name : this.#names.get(name)
      if (index === undefined || index < 1 || index > this.#captures) {
        this.#at = at
        this.#invalid(`a reference to group ${name}, which does not exist`)
      }
      resolve(index)
    }
    return { source: this.#source, node, captures: this.#captures }
  }

  #alternatives(): Node {
    if (++this.#depth > MAX_DEPTH) this.#unsupported('groups nested this deep')
    // A modifier set inside a group holds to its end, in later alternatives too.
    const before = this.#modifiers
    const nodes = [this.#sequence()]
    while (this.#eat('|')) nodes.push(this.#sequence())
    this.#modifiers = before
    this.#depth--
    return nodes.length === 1 ? nodes[0]! : { kind: 'alternatives', nodes }
  }

  #sequence(): Node {
    const nodes: Node[] = []
    for (;;) {
      this.#skipIgnored()
      const next = this.#source[this.#at]
      if (next === undefined || next === '|' || next === ')') break
      const atom = this.#atom()
      if (atom !== undefined) nodes.push(this.#quantified(atom))
    }
    return nodes.length === 1 ? nodes[0]! : { kind: 'sequence', nodes }
  }

  /** Comments, and with `(?x)` white space, are no part of the pattern. */
  #skipIgnored(): void {
    for (;;) {
      if (this.#source.startsWith('(?#', this.#at)) {
        const end = this.#source.indexOf(')', this.#at)
        if (end === -1) this.#invalid('a comment that does not end')
        this.#at = end + 1
      } else if (this.#modifiers.extended && /[\t-\r ]/.test(this.#source[this.#at] ?? '')) {
        this.#at++
      } else if (this.#modifiers.extended && this.#source[this.#at] === '#') {
        const end = this.#source.indexOf('\n', this.#at)
        this.#at = end === -1 ? this.#source.length : end + 1
      } else if (this.#source.startsWith('\\E', this.#at)) {
        this.#at += 2
      } else {
        return
      }
    }
  }

  #quantified(atom: Node): Node {
    this.#skipIgnored()
    const at = this.#at
    const repeat = this.#repeatCount()
    if (repeat === undefined) return atom
    if (atom.kind === 'assertion') {
      this.#at = at
      this.#invalid('a quantifier with nothing before it')
    }
    const [min, max] = repeat
    const isPossessive = this.#eat('+')
    const lazy = !isPossessive && this.#eat('?') !== this.#modifiers.ungreedy
    const node: Node = { kind: 'repeat', node: atom, min, max, lazy }
    this.#skipIgnored()
    const next = this.#at
    if (this.#repeatCount() !== undefined) {
      this.#at = next
      this.#invalid('a quantifier behind a quantifier')
    }
    return isPossessive ? { kind: 'atomic', node } : node
  }

  #repeatCount(): readonly [min: number, max: number] | undefined {
    if (this.#eat('*')) return [0, Infinity]
    if (this.#eat('+')) return [1, Infinity]
    if (this.#eat('?')) return [0, 1]
    const counts = /\{(\d+)(,(\d*))?\}/y
    counts.lastIndex = this.#at
    const match = counts.exec(this.#source)
    if (match === null) return undefined // any other "{" is itself
    const min = Number(match[1])
    const max = match[2] === undefined ? min : match[3] === '' ? Infinity : Number(match[3])
    if (min > MAX_REPEAT || (max > MAX_REPEAT && max !== Infinity)) this.#invalid('a repeat count above 65535')
    if (min > max) this.#invalid('a repeat whose numbers are out of order')
    this.#at += match[0].length
    return [min, max]
  }

  /** One atom; `undefined` for what only changes modifiers. */
  #atom(): Node | undefined {
    const character = this.#source[this.#at]!
    switch (character) {
      case '(':
        return this.#group()
      case '[':
        return this.#class()
      case '.':
        this.#at++
        return { kind: 'set', set: this.#modifiers.singleline ? ANY : complement(NEWLINE) }
      case '^':
        this.#at++
        return { kind: 'assertion', assertion: this.#modifiers.multiline ? 'line start' : 'start' }
      case '$':
        this.#at++
        return { kind: 'assertion', assertion: this.#modifiers.multiline ? 'line end' : 'last line end' }
      case '\\':
        return this.#escape()
      case '*':
      case '+':
      case '?':
        return this.#invalid('a quantifier with nothing before it')
      case '{': {
        const at = this.#at
        if (this.#repeatCount() === undefined) return this.#character()
        this.#at = at
        return this.#invalid('a quantifier with nothing before it')
      }
      default:
        return this.#character()
    }
  }

  #character(): Node {
    const codePoint = this.#source.codePointAt(this.#at)!
    this.#at += codePoint > 0xffff ? 2 : 1
    return this.#literal(codePoint)
  }

  #literal(codePoint: number): Node {
    return this.#set([[codePoint, codePoint]])
  }

  #set(set: CharSet): Node {
    return { kind: 'set', set: this.#modifiers.ignoreCase ? foldCase(set) : set }
  }

  #class(): Node {
    if (/^\[([:.=])(?:[^\]\\]|\\.)*?\1\]/.test(this.#source.slice(this.#at, this.#at + 40))) {
      this.#invalid('a POSIX class that is not inside brackets of its own')
    }
    const { set, end } = readClass(this.#source, this.#at, this.#modifiers.ignoreCase, (message, at) => {
      this.#at = at
      return this.#invalid(message)
    })
    this.#at = end
    return { kind: 'set', set }
  }

  #escape(): Node | undefined {
    const source = this.#source
    const letter = source[this.#at + 1]
    if (letter === undefined) this.#invalid('a backslash at the end')
    const two = (node: Node): Node => {
      this.#at += 2
      return node
    }
    if (Object.hasOwn(CLASS_ESCAPES, letter)) return two({ kind: 'set', set: CLASS_ESCAPES[letter]! })
    switch (letter) {
      case 'Q':
        return this.#quoted()
      case 'A':
        return two({ kind: 'assertion', assertion: 'start' })
      case 'Z':
        return two({ kind: 'assertion', assertion: 'last line end' })
      case 'z':
        return two({ kind: 'assertion', assertion: 'end' })
      case 'b':
        return two({ kind: 'assertion', assertion: 'word boundary' })
      case 'B':
        return two({ kind: 'assertion', assertion: 'not word boundary' })
      case 'N':
        if (source[this.#at + 2] === '{' && !/^\{\d/.test(source.slice(this.#at + 2))) this.#invalid('\\N{…}')
        return two({ kind: 'set', set: complement(NEWLINE) })
      case 'R':
        return two(LINE_BREAK)
      case 'p':
      case 'P': {
        const { set, end } = readProperty(source, this.#at, (message) => this.#invalid(message))
        this.#at = end
        return { kind: 'set', set }
      }
      case 'G':
      case 'K':
      case 'X':
      case 'C':
        return this.#unsupported(`\\${letter}`)
      case 'g':
      case 'k':
        return this.#namedReference(letter)
      default:
        return this.#numberedReference() ?? this.#characterEscape()
    }
  }

  /** `\Q…\E`: text as it is. A quantifier behind it is about its last character. */
  #quoted(): Node | undefined {
    const end = this.#source.indexOf('\\E', this.#at)
    const text = this.#source.slice(this.#at + 2, end === -1 ? undefined : end)
    this.#at = end === -1 ? this.#source.length : end + 2
    const nodes = Array.from(text, (character) => this.#literal(character.codePointAt(0)!))
    const last = nodes.pop()
    if (last === undefined) return undefined
    return nodes.length === 0 ? last : { kind: 'sequence', nodes: [...nodes, this.#quantified(last)] }
  }

  #characterEscape(): Node {
    const { codePoint, end } = readCharacterEscape(this.#source, this.#at, (message) => this.#invalid(message))
    this.#at = end
    return this.#literal(codePoint)
  }

  /** `\1`…`\9`, and higher numbers when there are that many groups; others are octal. */
  #numberedReference(): Node | undefined {
    const match = /^\\([1-9]\d*)/.exec(this.#source.slice(this.#at, this.#at + 8))
    if (match === null) return undefined
    const index = Number(match[1])
    if (index > 9 && index > this.#captureCount) return undefined
    this.#at += match[0].length
    return this.#reference(index)
  }

  /** `\g1 \g{1} \g{-1} \g{name} \k<name> \k'name' \k{name}`; `\g<…>` and `\g'…'` are calls. */
  #namedReference(letter: string): Node {
    const match = /^\\(?:g(?:(-?\d+)|\{([^}]+)\})|k(?:<([^>]+)>|'([^']+)'|\{([^}]+)\}))/.exec(
      this.#source.slice(this.#at),
    )
    if (match === null) {
      if (letter === 'g' && /^\\g[<']/.test(this.#source.slice(this.#at)))
        this.#unsupported('a group called like a function')
      this.#invalid(`\\${letter} without a group's number or name`)
    }
    const name = match.slice(1).find((part) => part !== undefined)!
    this.#at += match[0].length
    if (!/^-?\d+$/.test(name)) return this.#reference(name)
    const number = Number(name)
    return this.#reference(number < 0 ? this.#captures + 1 + number : number)
  }

  #reference(name: string | number): Node {
    const node = { kind: 'reference' as const, index: 0, ignoreCase: this.#modifiers.ignoreCase }
    this.#references.push({
      name,
      at: this.#at,
      resolve: (index) => {
        node.index = index
      },
    })
    return node
  }

  #group(): Node | undefined {
    const rest = this.#source.slice(this.#at, this.#at + 64)
    if (rest.startsWith('(*')) this.#unsupported('a backtracking verb (*…)')
    if (!rest.startsWith('(?')) return this.#capture(1)
    const named = /^\(\?(?:P?<([A-Za-z_]\w*)>|'([A-Za-z_]\w*)')/.exec(rest)
    if (named !== null) {
      const name = named[1] ?? named[2]!
      if (this.#names.has(name)) this.#invalid(`two groups of the name ${name}`)
      this.#names.set(name, this.#captures + 1)
      return this.#capture(named[0].length)
    }
    const byName = /^\(\?P=(\w+)\)/.exec(rest)
    if (byName !== null) {
      this.#at += byName[0].length
      return this.#reference(byName[1]!)
    }
    for (const [opening, wrap] of GROUPS) {
      if (!rest.startsWith(opening)) continue
      const at = this.#at
      this.#at += opening.length
      const node = this.#closed(at)
      if (opening.startsWith('(?<') && fixedLength(node) === undefined) {
        this.#at = at
        if (hasReference(node)) this.#unsupported('a back-reference in a look-behind')
        this.#invalid('a look-behind whose length is not fixed')
      }
      return wrap(node)
    }
    const modifiers = /^\(\?(\^?[imsxU]*)(?:-([imsxU]*))?([:)])/.exec(rest)
    if (modifiers !== null) return this.#modify(modifiers)
    if (/^\(\?(?:R|[+-]?\d|&|P>)/.test(rest)) this.#unsupported('recursion')
    if (rest.startsWith('(?(')) this.#unsupported('a condition (?(…)…)')
    if (rest.startsWith('(?|')) this.#unsupported('alternatives that share their group numbers (?|…)')
    if (rest.startsWith('(?C')) this.#unsupported('a call-out')
    return this.#invalid(`a group that begins with ${rest.slice(0, 3)}`)
  }

  #capture(openingLength: number): Node {
    const at = this.#at
    const index = ++this.#captures
    this.#at += openingLength
    return { kind: 'capture', index, node: this.#closed(at) }
  }

  #closed(openedAt: number): Node {
    const node = this.#alternatives()
    if (!this.#eat(')')) {
      this.#at = openedAt
      this.#invalid('a "(" that is not closed')
    }
    return node
  }

  /** `(?i)` for the rest of the group, `(?i:…)` for itself. */
  #modify(match: RegExpExecArray): Node | undefined {
    const [whole, on = '', off = '', end] = match
    const at = this.#at
    const before = this.#modifiers
    const set = (letter: string, current: boolean) =>
      off.includes(letter) ? false : on.includes(letter) || (current && !on.startsWith('^'))
    this.#modifiers = {
      ignoreCase: set('i', before.ignoreCase),
      multiline: set('m', before.multiline),
      singleline: set('s', before.singleline),
      extended: set('x', before.extended),
      ungreedy: off.includes('U') ? false : on.includes('U') || before.ungreedy,
    }
    this.#at += whole.length
    if (end === ')') return undefined
    const node = this.#closed(at)
    this.#modifiers = before
    return asGroup(node)
  }

  #eat(text: string): boolean {
    if (!this.#source.startsWith(text, this.#at)) return false
    this.#at += text.length
    return true
  }

  #invalid(what: string): never {
    throw new ContentError(
      'pattern-invalid',
      `the pattern "${shorten(this.#source)}" has ${what} at offset ${this.#at}; correct the pattern`,
    )
  }

  #unsupported(what: string): never {
    throw new ContentError(
      'pattern-unsupported',
      `the pattern "${shorten(this.#source)}" uses ${what} at offset ${this.#at}, which is not supported; write it without`,
    )
  }
}

const GROUPS: readonly (readonly [opening: string, wrap: (node: Node) => Node])[] = [
  ['(?:', asGroup],
  ['(?>', (node) => ({ kind: 'atomic', node })],
  ['(?=', (node) => ({ kind: 'look', ahead: true, negative: false, node })],
  ['(?!', (node) => ({ kind: 'look', ahead: true, negative: true, node })],
  ['(?<=', (node) => ({ kind: 'look', ahead: false, negative: false, node })],
  ['(?<!', (node) => ({ kind: 'look', ahead: false, negative: true, node })],
]

/** In a group an assertion can be repeated, and alternatives of a look-behind are no longer the topmost. */
function asGroup(node: Node): Node {
  return node.kind === 'assertion' || node.kind === 'alternatives' ? { kind: 'sequence', nodes: [node] } : node
}

/** `\R`: a line break of any kind, CR LF as one. */
const LINE_BREAK: Node = {
  kind: 'atomic',
  node: {
    kind: 'alternatives',
    nodes: [
      {
        kind: 'sequence',
        nodes: [
          { kind: 'set', set: [[0x0d, 0x0d]] },
          { kind: 'set', set: NEWLINE },
        ],
      },
      { kind: 'set', set: VERTICAL_SPACE },
    ],
  },
}

/** Opening parentheses of capturing groups; classes, quotes and escapes hold none. */
function countCaptures(source: string): number {
  const part = /\\Q[^]*?(?:\\E|$)|\\[^]|\[\^?\]?(?:\\[^]|\[:\^?\w+:\]|[^\]\\])*\]|\((?!\?)(?!\*)|\(\?(?:P?<(?![=!])|')/g
  let count = 0
  for (const [found] of source.matchAll(part)) if (found.startsWith('(')) count++
  return count
}

function shorten(text: string): string {
  return text.length <= 120 ? text : `${text.slice(0, 117)}…`
}
