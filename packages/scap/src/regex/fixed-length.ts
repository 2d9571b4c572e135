import type { Node } from './ast.ts'

/**
 * How many characters the node always matches; each top alternative of a look-behind may have its own number.
 * `undefined` when that is not fixed.
 */
export function fixedLength(node: Node): readonly number[] | undefined {
  const nodes = node.kind === 'alternatives' ? node.nodes : [node]
  const lengths = nodes.map(lengthOf)
  return lengths.every((length) => length !== undefined) ? lengths : undefined
}

function lengthOf(node: Node): number | undefined {
  switch (node.kind) {
    case 'set':
      return 1
    case 'assertion':
    case 'look':
      return 0
    case 'reference':
      return undefined
    case 'capture':
    case 'atomic':
      return lengthOf(node.node)
    case 'repeat': {
      const length = lengthOf(node.node)
      // PCRE takes a repeated look-ahead for one; any other repeat must have a fixed count.
      if (node.node.kind === 'look' && node.node.ahead) return 0
      return length === undefined || node.min !== node.max ? undefined : length * node.min
    }
    case 'sequence': {
      let sum = 0
      for (const inner of node.nodes) {
        const length = lengthOf(inner)
        if (length === undefined) return undefined
        sum += length
      }
      return sum
    }
    case 'alternatives': {
      const lengths = new Set(node.nodes.map(lengthOf))
      return lengths.size === 1 ? lengths.values().next().value : undefined
    }
  }
}

/** Whether the node refers back to a group; its length is then the group's. */
export function hasReference(node: Node): boolean {
  if (node.kind === 'reference') return true
  if ('node' in node) return hasReference(node.node)
  return 'nodes' in node && node.nodes.some(hasReference)
}
