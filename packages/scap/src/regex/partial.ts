import type { Node } from './ast.ts'
import { EMPTY } from './ast.ts'
import { startsAtTextStart } from './analyse.ts'
import { emitPattern } from './emit.ts'

/** Longer ones are not worth it: any beginning is then taken to be a possible one. */
const MAX_SOURCE = 20_000
/** A set that no character is in: matches nothing. */
const NOTHING: Node = { kind: 'set', set: [] }

/**
 * A test of beginnings: whether some text that begins so, and goes on, could match the pattern. It may say yes where it
 * cannot, never no where it can (but for a text that goes on with a final newline): what looks around or back is taken to hold.
 */
export function compilePartial(root: Node): (beginning: string) => boolean {
  if (!startsAtTextStart(root)) return () => true
  const node = simplify(root)
  const source = `(?:${beginningsOf(node)}|${emit(node)})`
  if (source.length > MAX_SOURCE) return () => true
  const pattern = new RegExp(source, 'u')
  return (beginning) => pattern.test(beginning)
}

/** Groups do not count here, and only the ends of the text are known: a text that goes on does not end. */
function simplify(node: Node): Node {
  switch (node.kind) {
    case 'set':
      return node
    case 'sequence':
    case 'alternatives':
      return { kind: node.kind, nodes: node.nodes.map(simplify) }
    case 'capture':
    case 'atomic':
      return simplify(node.node)
    case 'repeat':
      return { ...node, node: simplify(node.node), lazy: false }
    case 'look':
      return EMPTY
    case 'reference':
      return { kind: 'repeat', node: { kind: 'set', set: [[0, 0x10ffff]] }, min: 0, max: Infinity, lazy: false }
    case 'assertion':
      if (node.assertion === 'start') return node
      return node.assertion === 'end' || node.assertion === 'last line end' ? NOTHING : EMPTY
  }
}

const emit = (node: Node): string => `(?:${emitPattern(node, 0).source})`

/** Matches a text that ends while the node is being matched. */
function beginningsOf(node: Node): string {
  switch (node.kind) {
    case 'set':
      return node.set.length === 0 ? '[]' : '$'
    case 'sequence':
      return (
        node.nodes.reduceRight(
          (rest, part) => `(?:${beginningsOf(part)}|${emit(part)}${rest === '' ? '[]' : rest})`,
          '',
        ) || '[]'
      )
    case 'alternatives':
      return `(?:${node.nodes.map(beginningsOf).join('|')})`
    case 'repeat':
      return `${emit(node.node)}*${beginningsOf(node.node)}`
    case 'assertion':
    case 'atomic':
    case 'capture':
    case 'look':
    case 'reference':
      return '[]'
  }
}
