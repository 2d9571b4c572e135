import { startsAtLineStart, startsAtTextStart, isNullable, leadingStar } from './analyse.ts'
import type { Node } from './ast.ts'
import { ANY, areDisjoint, complement, contains, NEWLINE, NOTHING, SPACE, union } from './char-set.ts'
import type { CharSet } from './char-set.ts'

/** The longest stretch that a loop can run over: of white space, within a line, or of any text. */
type Reach = 'line' | 'space' | 'text'

/** What the work of a pattern depends on: upper bounds, to tell what needs watching. */
export interface Cost {
  /** Loops in loops over the same characters: the work can double with every character. */
  readonly isExponential: boolean
  readonly starts: 'anywhere' | 'line' | 'text'
  /** Loops that can be left in as many places as they are long; the work multiplies with each. */
  readonly loops: Readonly<Record<Reach, number>>
  /** The longest reach of any loop. */
  readonly longest: Reach | undefined
  /** Parts that are never gone back into once they have matched: their work adds to each other's. */
  readonly settled: readonly Cost[]
}

export function costOf(root: Node): Cost {
  const star = leadingStar(root)
  const starts =
    star === 'everything' || startsAtTextStart(root)
      ? 'text'
      : star === 'line' || startsAtLineStart(root)
        ? 'line'
        : 'anywhere'
  return costFrom(starts, root, END_OF_PATTERN)
}

function costFrom(starts: Cost['starts'], root: Node, behind: First): Cost {
  const loops = { line: 0, space: 0, text: 0 }
  const settled: Cost[] = []
  let longest: Reach | undefined
  let isExponential = false
  measure(root, behind, false)
  return { isExponential: isExponential || settled.some((one) => one.isExponential), starts, loops, longest, settled }

  /** `next`: what may stand right behind the node. */
  function measure(node: Node, next: First, inLoop: boolean): void {
    switch (node.kind) {
      case 'set':
      case 'assertion':
        return
      case 'reference':
        // It may take as much as its group did, in as many ways.
        loops.text++
        return
      case 'capture':
        return measure(node.node, next, inLoop)
      case 'atomic':
      case 'look':
        settled.push(costFrom('text', node.node, END_OF_PATTERN))
        return
      case 'alternatives':
        for (const inner of node.nodes) measure(inner, next, inLoop)
        return
      case 'sequence': {
        let behind = next
        for (const inner of node.nodes.toReversed()) {
          measure(inner, behind, inLoop)
          behind = follow(first(inner), behind)
        }
        return
      }
      case 'repeat':
        return measureRepeat(node, next, inLoop)
    }
  }

  function measureRepeat({ node: body, min, max }: Node & { kind: 'repeat' }, next: First, inLoop: boolean): void {
    if (max <= 1 || (min === max && body.kind === 'set')) return measure(body, next, inLoop)
    const head = first(body)
    const single = body.kind === 'capture' ? body.node : body
    const reach = single.kind === 'set' ? reachOf(single.set) : 'text'
    if (max > FEW && (longest === undefined || REACHES.indexOf(reach) > REACHES.indexOf(longest))) longest = reach
    const hasChoice = min !== max && !(areDisjoint(head.set, next.set) && !head.empty)
    if (hasChoice) loops[reach]++
    if (hasChoice && inLoop) isExponential = true
    if (single.kind === 'set') return
    if (isNullable(body) || areAmbiguous(body)) isExponential = true
    // Behind a round stands the next round, or what comes after the loop.
    measure(body, { set: union([head.set, next.set]), empty: next.empty }, true)
  }
}

const REACHES: readonly Reach[] = ['space', 'line', 'text']
/** So few rounds are no loop. */
const FEW = 16

function reachOf(set: CharSet): Reach {
  if (areDisjoint(set, complement(SPACE))) return 'space'
  return contains(set, 0x0a) ? 'text' : 'line'
}

interface Shape {
  readonly text: string
  readonly lines: number
  readonly reach: Readonly<Record<Reach, number>>
}

/** The text measured last: a file is mostly searched with many patterns in turn. */
let measured: Shape | undefined

/** How many steps matching may take on this text, at most. */
export function stepsFor(cost: Cost, text: string): number {
  if (cost.isExponential) return 2 ** text.length
  if (measured?.text !== text) measured = measureText(text)
  const { lines, reach } = measured
  const starts = { anywhere: text.length + 1, line: lines, text: 1 }[cost.starts]
  const scan = cost.longest === undefined ? 1 : reach[cost.longest]
  const ways = starts * scan * REACHES.reduce((product, kind) => product * reach[kind] ** cost.loops[kind], 1)
  return cost.settled.reduce((sum, part) => sum + ways * stepsFor(part, text), ways)
}

function measureText(text: string): Shape {
  let lines = 1
  let line = 0
  let space = 0
  const reach = { line: 1, space: 1, text: text.length + 1 }
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    const isNewline = code === 0x0a
    line = isNewline ? 0 : line + 1
    space = code === 0x20 || (code >= 0x09 && code <= 0x0d) ? space + 1 : 0
    if (isNewline) lines++
    if (line > reach.line) reach.line = line
    if (space > reach.space) reach.space = space
  }
  return { text, lines, reach }
}

/** Alternatives in a loop that may begin alike can be tried in two to the number of rounds ways. */
function areAmbiguous(node: Node): boolean {
  if (node.kind === 'alternatives') {
    const firsts = node.nodes.map(first)
    return (
      firsts.some(({ set }, i) => firsts.some((other, j) => j > i && !areDisjoint(set, other.set))) ||
      node.nodes.some(areAmbiguous)
    )
  }
  if ('node' in node) return areAmbiguous(node.node)
  return 'nodes' in node && node.nodes.some(areAmbiguous)
}

/** The characters that something may begin with, and whether it may be nothing. */
interface First {
  readonly set: CharSet
  readonly empty: boolean
}

const ANYTHING: First = { set: ANY, empty: true }
/** Behind the pattern nothing is asked any more, so a loop before it never has to give anything back. */
const END_OF_PATTERN: First = { set: NOTHING, empty: true }

function first(node: Node): First {
  switch (node.kind) {
    case 'set':
      return { set: node.set, empty: false }
    case 'assertion':
      // The end of a line stands before a newline or nothing; for the others any character may follow.
      if (node.assertion === 'end') return { set: NOTHING, empty: false }
      if (node.assertion === 'line end' || node.assertion === 'last line end') return { set: NEWLINE, empty: false }
      return { set: NOTHING, empty: true }
    case 'look':
    case 'reference':
      return ANYTHING
    case 'capture':
    case 'atomic':
      return first(node.node)
    case 'repeat':
      return { set: first(node.node).set, empty: node.min === 0 || first(node.node).empty }
    case 'sequence':
      return node.nodes.reduceRight<First>((behind, inner) => follow(first(inner), behind), END_OF_PATTERN)
    case 'alternatives':
      return {
        set: union(node.nodes.map((inner) => first(inner).set)),
        empty: node.nodes.some((inner) => first(inner).empty),
      }
  }
}

function follow(head: First, behind: First): First {
  return head.empty ? { set: union([head.set, behind.set]), empty: behind.empty } : head
}
