/** How a pattern is to be read: the modifiers that PCRE's caller may set. */
export interface PatternFlags {
  /** `(?i)` */
  readonly ignoreCase?: boolean
  /** `(?m)`: `^` and `$` match at line ends too. */
  readonly multiline?: boolean
  /** `(?s)`: `.` matches a newline too. */
  readonly singleline?: boolean
}

/** One match. Offsets count UTF-16 code units, as in any JavaScript string. */
export interface PatternMatch {
  readonly start: number
  readonly end: number
  /** The whole match, then each group; `undefined` for a group that took no part. */
  readonly groups: readonly (string | undefined)[]
}

/** Where the whole match lies, then each group: start and end; `undefined` for a group that took no part. */
export type PatternSpans = readonly (readonly [start: number, end: number] | undefined)[]

/** A Perl 5 pattern, compiled. All that match throw `ContentError` (`pattern-too-slow`) when matching takes too long. */
export interface Pattern {
  readonly source: string
  /** What every text that matches begins with, for a pattern that is anchored at the start; else empty. */
  readonly prefix: string
  /** What every text that matches has in it, in this order, one behind the other; not all that could be told. */
  readonly texts: readonly string[]
  /** Whether some text that begins so, and goes on, could match; yes when it cannot be told. */
  canBegin(beginning: string): boolean
  test(text: string): boolean
  /** The first match at or after `from`. */
  exec(text: string, from?: number): PatternMatch | undefined
  /** The same match by its places, those of groups too: slower than `exec`. */
  locate(text: string, from?: number): PatternSpans | undefined
  /**
   * The matches that `textfilecontent54` counts as instances, in order, as the reference scanner counts them: each
   * search begins where the last match ended, and one character further when that would not move it on.
   */
  matchAll(text: string): PatternMatch[]
}
