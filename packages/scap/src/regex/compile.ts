import { ContentError } from '../errors.ts'
import { fixedPrefix, isExpressible, leadingStar, requiredTexts, startsAtLineStart } from './analyse.ts'
import { compileBacktracking, tooSlow } from './backtrack.ts'
import { costOf, stepsFor } from './cost.ts'
import { emitPattern } from './emit.ts'
import { parsePattern } from './parse.ts'
import { compilePartial } from './partial.ts'
import { isLost, lose } from './patience.ts'
import type { Pattern, PatternFlags, PatternMatch, PatternSpans } from './pattern.ts'
import { runWithTimeLimit } from './time-limit.ts'

/** Steps that a RegExp takes in well under a second; where more are possible it is watched. */
const UNWATCHED_STEPS = 5e7
const MAX_CACHED = 10_000

const cache = new Map<string, Pattern>()

/**
 * Compiles a Perl 5 pattern, as PCRE reads it. Throws `ContentError`: `pattern-invalid` for what is no pattern,
 * `pattern-unsupported` for recursion, conditions and verbs. The same pattern is compiled once.
 */
export function compilePattern(source: string, flags: PatternFlags = {}): Pattern {
  const key = `${flags.ignoreCase ? 'i' : ''}${flags.multiline ? 'm' : ''}${flags.singleline ? 's' : ''}/${source}`
  const known = cache.get(key)
  if (known !== undefined) return known
  const pattern = compile(source, flags)
  if (cache.size >= MAX_CACHED) cache.clear()
  cache.set(key, pattern)
  return pattern
}

type Search = (text: string, from: number) => PatternMatch | undefined

function compile(source: string, flags: PatternFlags): Pattern {
  const parsed = parsePattern(source, flags)
  const prefix = fixedPrefix(parsed.node)
  const texts = requiredTexts(parsed.node)
  let partial: ((beginning: string) => boolean) | undefined
  const canBegin = (beginning: string): boolean => (partial ??= compilePartial(parsed.node))(beginning)
  if (!isExpressible(parsed.node)) {
    const locate = compileBacktracking(parsed)
    const search: Search = (text, from) => readSpans(text, locate(text, from))
    return {
      source,
      prefix,
      texts,
      canBegin,
      test: (text) => patiently(source, () => search(text, 0) !== undefined),
      exec: (text, from = 0) => patiently(source, () => search(text, from)),
      locate: (text, from = 0) => patiently(source, () => locate(text, from)),
      matchAll: (text) => patiently(source, () => collectMatches(search, text)),
    }
  }

  // Many a pattern never meets a text: the file that it is for is not there. What is wrong with it, reading it has told.
  let matcher: Matcher | undefined
  const watched = <T>(text: string, work: (matcher: Matcher) => T): T => {
    const known = (matcher ??= matcherFor(parsed))
    return stepsFor(known.cost, text) <= UNWATCHED_STEPS
      ? work(known)
      : patiently(source, () => watch(source, () => work(known)))
  }
  return {
    source,
    prefix,
    texts,
    canBegin,
    test: (text) => watched(text, ({ search }) => search(text, 0) !== undefined),
    exec: (text, from = 0) => watched(text, ({ search }) => search(text, from)),
    locate: (text, from = 0) => watched(text, ({ search, locate }) => locateMatch(search(text, from), text, locate)),
    matchAll: (text) => watched(text, ({ search }) => collectMatches(search, text)),
  }
}

interface Matcher {
  readonly search: Search
  /** The places of a match that begins there. */
  readonly locate: (text: string, start: number) => PatternSpans | undefined
  readonly cost: ReturnType<typeof costOf>
}

function matcherFor({ node, captures }: ReturnType<typeof parsePattern>): Matcher {
  const emitted = emitPattern(node, captures)
  const sticky = (): RegExp => new RegExp(emitted.source, 'yu')
  const star = leadingStar(node)
  const search: Search = startsAtLineStart(node)
    ? searchLines(sticky(), emitted.groups, false)
    : star === 'everything'
      ? searchHere(sticky(), emitted.groups)
      : star === 'line'
        ? searchLines(sticky(), emitted.groups, true)
        : searchAnywhere(new RegExp(emitted.source, 'gu'), emitted.groups)
  const locate: Matcher['locate'] = (text, start) => {
    const exact = new RegExp(emitted.source, 'dyu')
    exact.lastIndex = start
    const places = exact.exec(text)?.indices
    return places && emitted.groups.map((position) => places[position])
  }
  return { search, locate, cost: costOf(node) }
}

function locateMatch(
  match: PatternMatch | undefined,
  text: string,
  locate: Matcher['locate'],
): PatternSpans | undefined {
  return match && locate(text, match.start)
}

function readSpans(text: string, spans: PatternSpans | undefined): PatternMatch | undefined {
  const [whole] = spans ?? []
  if (spans === undefined || whole === undefined) return undefined
  return { start: whole[0], end: whole[1], groups: spans.map((span) => span && text.slice(...span)) }
}

function patiently<T>(source: string, work: () => T): T {
  if (isLost(source)) throw tooSlow(source)
  try {
    return work()
  } catch (error) {
    if (error instanceof ContentError && error.code === 'pattern-too-slow') lose(source)
    throw error
  }
}

function watch<T>(source: string, work: () => T): T {
  let result: { readonly value: T } | undefined
  let failure: { readonly error: unknown } | undefined
  const ended = runWithTimeLimit(() => {
    try {
      result = { value: work() }
    } catch (error) {
      failure = { error }
    }
  })
  // V8 reports an exhausted stack of its matcher as a RangeError.
  if (!ended || failure?.error instanceof RangeError) throw tooSlow(source)
  if (failure !== undefined) throw failure.error
  return result!.value
}

function searchAnywhere(searcher: RegExp, groups: readonly number[]): Search {
  return (text, from) => {
    searcher.lastIndex = from
    let match = searcher.exec(text)
    // V8 lets a pattern that begins by looking around start between the halves of a surrogate pair.
    while (match !== null && isInsidePair(text, match.index)) {
      searcher.lastIndex = match.index + 1
      match = searcher.exec(text)
    }
    return toMatch(match, groups)
  }
}

function isInsidePair(text: string, at: number): boolean {
  return (text.charCodeAt(at) & 0xfc00) === 0xdc00 && (text.charCodeAt(at - 1) & 0xfc00) === 0xd800
}

/** For patterns that match from where the search begins, or not at all. */
function searchHere(sticky: RegExp, groups: readonly number[]): Search {
  return (text, from) => {
    sticky.lastIndex = from
    return toMatch(sticky.exec(text), groups)
  }
}

/** For patterns that begin with a multiline `^`, or can just as well: tries line starts only, found by the fastest search there is. */
function searchLines(sticky: RegExp, groups: readonly number[], isAlsoHere: boolean): Search {
  return (text, from) => {
    let start = isAlsoHere || from === 0 || text[from - 1] === '\n' ? from : nextLine(text, from)
    while (start !== undefined) {
      sticky.lastIndex = start
      const match = toMatch(sticky.exec(text), groups)
      if (match !== undefined) return match
      start = nextLine(text, start)
    }
    return undefined
  }
}

function nextLine(text: string, from: number): number | undefined {
  const newline = text.indexOf('\n', from)
  return newline === -1 ? undefined : newline + 1
}

function toMatch(match: RegExpExecArray | null, groups: readonly number[]): PatternMatch | undefined {
  if (match === null) return undefined
  return { start: match.index, end: match.index + match[0].length, groups: groups.map((position) => match[position]) }
}

/**
 * As the reference scanner walks a file: from where the last match ended, one character further if the search found
 * nothing but its own starting point, once more at the end of the text. A match of nothing further on is so found twice.
 */
function collectMatches(search: Search, text: string): PatternMatch[] {
  const matches: PatternMatch[] = []
  let from = 0
  do {
    const match = search(text, from)
    if (match === undefined) break
    matches.push(match)
    from = match.end === from ? from + ((text.codePointAt(from) ?? 0) > 0xffff ? 2 : 1) : match.end
  } while (from <= text.length)
  return matches
}
