import type { Node } from './ast.ts'
import { complement } from './char-set.ts'

/** Whether the node can match without taking a character. */
export function isNullable(node: Node): boolean {
  switch (node.kind) {
    case 'set':
      return false
    case 'assertion':
    case 'look':
    case 'reference':
      return true
    case 'capture':
    case 'atomic':
      return isNullable(node.node)
    case 'repeat':
      return node.min === 0 || isNullable(node.node)
    case 'sequence':
      return node.nodes.every(isNullable)
    case 'alternatives':
      return node.nodes.some(isNullable)
  }
}

/**
 * Whether JavaScript's RegExp can say it with the same meaning. It cannot where Perl
 * - fails on a back-reference to a group that took no part (JavaScript matches nothing there),
 * - keeps what a group captured in an earlier round of a loop (JavaScript forgets it),
 * - accepts a round of a loop that matched nothing (JavaScript turns back).
 */
export function isExpressible(root: Node): boolean {
  return walk(root, new Set(), new Set()) !== undefined

  /** The groups that are sure to be set after `node`, given those before; `undefined` when it is not expressible. */
  function walk(node: Node, before: ReadonlySet<number>, open: ReadonlySet<number>): ReadonlySet<number> | undefined {
    switch (node.kind) {
      case 'set':
      case 'assertion':
        return before
      case 'reference':
        return before.has(node.index) && !open.has(node.index) ? before : undefined
      case 'capture':
        return walk(node.node, before, new Set(open).add(node.index))?.union(new Set([node.index]))
      case 'atomic':
        return walk(node.node, before, open)
      case 'look': {
        if (!node.ahead && hasGroups(node.node)) return undefined
        const after = walk(node.node, before, open)
        return node.negative ? after && before : after
      }
      case 'sequence': {
        let after: ReadonlySet<number> | undefined = before
        for (const inner of node.nodes) after &&= walk(inner, after, open)
        return after
      }
      case 'alternatives': {
        let common: ReadonlySet<number> | undefined
        for (const inner of node.nodes) {
          const after = walk(inner, before, open)
          if (after === undefined) return undefined
          common = common?.intersection(after) ?? after
        }
        return common
      }
      case 'repeat': {
        const after = walk(node.node, before, open)
        if (after === undefined) return undefined
        if (node.min === 1 && node.max === 1) return after
        const captures = capturesOf(node.node)
        if (isNullable(node.node) && (captures.size > 0 || !prefersMore(node.node))) return undefined
        if (node.max > 1 && !captures.isSubsetOf(after)) return undefined
        return node.min > 0 ? after : before
      }
    }
  }
}

/** Whether it takes characters whenever it can, so that an empty round only comes when the loop ends anyway. */
function prefersMore(node: Node): boolean {
  switch (node.kind) {
    case 'set':
    case 'assertion':
    case 'look':
      return true
    case 'sequence':
      return node.nodes.every(prefersMore)
    case 'repeat':
      return !node.lazy && prefersMore(node.node)
    case 'alternatives':
    case 'atomic':
    case 'capture':
    case 'reference':
      return false
  }
}

function hasGroups(node: Node): boolean {
  if (node.kind === 'capture' || node.kind === 'reference' || node.kind === 'atomic') return true
  if ('node' in node) return hasGroups(node.node)
  return 'nodes' in node && node.nodes.some(hasGroups)
}

function capturesOf(node: Node, found = new Set<number>()): Set<number> {
  if (node.kind === 'capture') found.add(node.index)
  if ('node' in node) capturesOf(node.node, found)
  if ('nodes' in node) for (const inner of node.nodes) capturesOf(inner, found)
  return found
}

export function startsAtTextStart(node: Node): boolean {
  return startsWith(node, 'start')
}

/** Whether every match begins at the start of a line (multiline `^`). */
export function startsAtLineStart(node: Node): boolean {
  return startsWith(node, 'line start')
}

function startsWith(node: Node, assertion: 'line start' | 'start'): boolean {
  switch (node.kind) {
    case 'assertion':
      return node.assertion === assertion
    case 'sequence':
      return node.nodes.length > 0 && startsWith(node.nodes[0]!, assertion)
    case 'alternatives':
      return node.nodes.every((inner) => startsWith(inner, assertion))
    case 'capture':
    case 'atomic':
      return startsWith(node.node, assertion)
    case 'look':
      return false
    case 'repeat':
      return node.min > 0 && startsWith(node.node, assertion)
    case 'reference':
    case 'set':
      return false
  }
}

/**
 * For a pattern that begins with `.*`: when it does not match from one place, it does not match from the next one either, up
 * to a newline, or up to the end when the dot takes newlines too. What is kept of the beginning must not be asked for later.
 */
export function leadingStar(root: Node): 'everything' | 'line' | undefined {
  if (hasReference(root)) return undefined
  for (let node: Node | undefined = root; node !== undefined;) {
    if (node.kind === 'sequence') node = node.nodes[0]
    else if (node.kind === 'capture') node = node.node
    else if (node.kind === 'repeat' && node.min === 0 && node.max === Infinity && node.node.kind === 'set') {
      const rest = complement(node.node.set)
      if (rest.length === 0) return 'everything'
      return rest.length === 1 && rest[0]![0] === newline && rest[0]![1] === newline ? 'line' : undefined
    } else return undefined
  }
  return undefined
}

const newline = 0x0a

function hasReference(node: Node): boolean {
  if (node.kind === 'reference') return true
  if ('node' in node) return hasReference(node.node)
  return 'nodes' in node && node.nodes.some(hasReference)
}

/** The text that everything matched begins with, when matches begin at the start of the text; else empty. */
export function fixedPrefix(root: Node): string {
  const nodes = flatten(root)
  if (nodes[0]?.kind !== 'assertion' || nodes[0].assertion !== 'start') return ''
  let prefix = ''
  for (const node of nodes.slice(1)) {
    const character = onlyCharacter(node)
    if (character === undefined) break
    prefix += character
  }
  return prefix
}

function onlyCharacter(node: Node): string | undefined {
  const range = node.kind === 'set' && node.set.length === 1 ? node.set[0]! : undefined
  return range === undefined || range[0] !== range[1] ? undefined : String.fromCodePoint(range[0])
}

/** The texts that everything matched has in it, in this order and one behind the other; of alternatives none is told. */
export function requiredTexts(root: Node): readonly string[] {
  const texts = ['']
  const visit = (node: Node): void => {
    switch (node.kind) {
      case 'set': {
        const character = onlyCharacter(node)
        if (character === undefined) texts.push('')
        else texts.push((texts.pop() ?? '') + character)
        return
      }
      case 'sequence':
        return node.nodes.forEach(visit)
      case 'capture':
      case 'atomic':
        return visit(node.node)
      case 'repeat':
        texts.push('')
        if (node.min > 0) visit(node.node)
        return void texts.push('')
      case 'alternatives':
      case 'reference':
        return void texts.push('')
      case 'assertion':
      case 'look':
    }
  }
  visit(root)
  return texts.filter((text) => text !== '')
}

function flatten(node: Node): readonly Node[] {
  return node.kind === 'sequence' ? node.nodes.flatMap(flatten) : [node]
}
