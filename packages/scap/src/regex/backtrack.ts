import { ContentError } from '../errors.ts'
import type { Assertion, Node, ParsedPattern } from './ast.ts'
import { contains, WORD } from './char-set.ts'
import type { CharSet } from './char-set.ts'
import { fixedLength } from './fixed-length.ts'
import type { PatternSpans } from './pattern.ts'

/** PCRE's own default for `match_limit`. */
const MAX_STEPS = 10_000_000

/** Goes on matching from a place; true when all that is left of the pattern matches. */
type Matcher = (at: number) => boolean

/**
 * Matches what JavaScript's RegExp cannot say, by backtracking as Perl does: each node is a function that is given
 * what comes after it. Slower than RegExp, and counted: it gives up after as many steps as PCRE would.
 */
export function compileBacktracking({
  node,
  captures,
  source,
}: ParsedPattern): (text: string, from: number) => PatternSpans | undefined {
  let text = ''
  let steps = 0
  let matchEnd = 0
  /** Start and end of each group, -1 when it took no part. */
  const places = new Int32Array((captures + 1) * 2)
  const opened = new Int32Array(captures + 1)
  const match = compile(node, (at) => {
    matchEnd = at
    return true
  })

  return (subject, from) => {
    text = subject
    steps = 0
    try {
      for (let start = from; start <= text.length; start = after(start)) {
        places.fill(-1)
        if (!match(start)) continue
        const spans = Array.from({ length: captures + 1 }, (_, i) =>
          places[2 * i]! < 0 ? undefined : ([places[2 * i]!, places[2 * i + 1]!] as const),
        )
        spans[0] = [start, matchEnd]
        return spans
      }
      return undefined
    } catch (error) {
      // The call stack is the other limit, as it is PCRE's.
      if (error instanceof RangeError) throw tooSlow(source)
      throw error
    }
  }

  function tick(): void {
    if (++steps > MAX_STEPS) throw tooSlow(source)
  }

  function after(at: number): number {
    return at + ((text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1)
  }

  function before(at: number): number {
    const isPair = /[\ud800-\udbff]/.test(text[at - 2] ?? '') && /[\udc00-\udfff]/.test(text[at - 1] ?? '')
    return at - (isPair ? 2 : 1)
  }

  function compile(inner: Node, next: Matcher): Matcher {
    switch (inner.kind) {
      case 'set':
        return (at) => {
          tick()
          return at < text.length && contains(inner.set, text.codePointAt(at)!) && next(after(at))
        }
      case 'assertion':
        return (at) => holds(inner.assertion, at) && next(at)
      case 'sequence':
        return inner.nodes.reduceRight((rest, part) => compile(part, rest), next)
      case 'alternatives': {
        const matchers = inner.nodes.map((part) => compile(part, next))
        return (at) => {
          tick()
          for (const matcher of matchers) if (matcher(at)) return true
          return false
        }
      }
      case 'capture':
        return compileCapture(inner.index, inner.node, next)
      case 'atomic': {
        const alone = compileAlone(inner.node)
        return (at) => {
          const saved = places.slice()
          const end = alone(at)
          if (end !== undefined && next(end)) return true
          places.set(saved)
          return false
        }
      }
      case 'look':
        return compileLook(inner, next)
      case 'reference':
        return (at) => {
          tick()
          const start = places[2 * inner.index]!
          if (start < 0) return false
          const expected = text.slice(start, places[2 * inner.index + 1])
          const found = text.slice(at, at + expected.length)
          if (found !== expected && !(inner.ignoreCase && found.toLowerCase() === expected.toLowerCase())) return false
          return next(at + expected.length)
        }
      case 'repeat':
        return inner.node.kind === 'set' ? compileSetRepeat(inner.node.set, inner, next) : compileRepeat(inner, next)
    }
  }

  /** A node by itself: where it ends, once, without ever going back into it. */
  function compileAlone(inner: Node): (at: number) => number | undefined {
    let end = 0
    const matcher = compile(inner, (at) => {
      end = at
      return true
    })
    return (at) => (matcher(at) ? end : undefined)
  }

  function compileCapture(index: number, inner: Node, next: Matcher): Matcher {
    const matcher = compile(inner, (at) => {
      const start = places[2 * index]!
      const end = places[2 * index + 1]!
      places[2 * index] = opened[index]!
      places[2 * index + 1] = at
      if (next(at)) return true
      places[2 * index] = start
      places[2 * index + 1] = end
      return false
    })
    return (at) => {
      const saved = opened[index]!
      opened[index] = at
      if (matcher(at)) return true
      opened[index] = saved
      return false
    }
  }

  function compileLook({ ahead, negative, node: inner }: Node & { kind: 'look' }, next: Matcher): Matcher {
    const parts = !ahead && inner.kind === 'alternatives' ? inner.nodes : [inner]
    const looks = parts.map((part) => ({
      alone: compileAlone(part),
      length: ahead ? 0 : (fixedLength(part)?.[0] ?? 0),
    }))
    return (at) => {
      const saved = places.slice()
      const found = looks.some(({ alone, length }) => {
        let start = at
        for (let i = 0; i < length; i++) {
          if (start === 0) return false
          start = before(start)
        }
        return alone(start) !== undefined
      })
      if (negative) places.set(saved)
      if (found !== negative && next(at)) return true
      places.set(saved)
      return false
    }
  }

  function compileSetRepeat(set: CharSet, { min, max, lazy }: Node & { kind: 'repeat' }, next: Matcher): Matcher {
    return (start) => {
      let at = start
      let count = 0
      const isMore = () => count < max && at < text.length && contains(set, text.codePointAt(at)!)
      for (; count < min; count++) {
        if (!isMore()) return false
        at = after(at)
      }
      if (lazy) {
        for (;;) {
          tick()
          if (next(at)) return true
          if (!isMore()) return false
          at = after(at)
          count++
        }
      }
      for (; isMore(); count++) at = after(at)
      for (;;) {
        tick()
        if (next(at)) return true
        if (count === min) return false
        at = before(at)
        count--
      }
    }
  }

  function compileRepeat({ node: inner, min, max, lazy }: Node & { kind: 'repeat' }, next: Matcher): Matcher {
    let count = 0
    let roundStart = -1
    // A round that matched nothing is accepted, and is the last.
    const round = compile(inner, (at) => (at === roundStart && count >= min ? leave(at) : attempt(at)))

    function attempt(at: number): boolean {
      tick()
      if (count < min) return iterate(at)
      if (lazy) return leave(at) || (count < max && iterate(at))
      return (count < max && iterate(at)) || leave(at)
    }

    function iterate(at: number): boolean {
      const saved = [count, roundStart] as const
      count++
      roundStart = at
      if (round(at)) return true
      ;[count, roundStart] = saved
      return false
    }

    /** What comes after may come back here, when this loop stands in another. */
    function leave(at: number): boolean {
      const saved = [count, roundStart] as const
      if (next(at)) return true
      ;[count, roundStart] = saved
      return false
    }

    return (at) => {
      const saved = [count, roundStart] as const
      count = 0
      roundStart = -1
      if (attempt(at)) return true
      ;[count, roundStart] = saved
      return false
    }
  }

  function holds(assertion: Assertion, at: number): boolean {
    const { length } = text
    switch (assertion) {
      case 'start':
        return at === 0
      case 'end':
        return at === length
      case 'last line end':
        return at === length || (at === length - 1 && text[at] === '\n')
      case 'line start':
        return at === 0 || (at < length && text[at - 1] === '\n')
      case 'line end':
        return at === length || text[at] === '\n'
      case 'word boundary':
        return isWord(at - 1) !== isWord(at)
      case 'not word boundary':
        return isWord(at - 1) === isWord(at)
    }
  }

  function isWord(at: number): boolean {
    return at >= 0 && at < text.length && contains(WORD, text.charCodeAt(at))
  }
}

export function tooSlow(source: string): ContentError {
  const shown = source.length <= 120 ? source : `${source.slice(0, 117)}…`
  return new ContentError(
    'pattern-too-slow',
    `matching the pattern "${shown}" took too long; write it so that its loops cannot match the same text in many ways`,
  )
}
