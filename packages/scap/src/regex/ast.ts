import type { CharSet } from './char-set.ts'

/** A parsed pattern. Modifiers are worked in: a node means the same wherever it stands. */
export type Node =
  | { readonly kind: 'set'; readonly set: CharSet }
  | { readonly kind: 'sequence'; readonly nodes: readonly Node[] }
  | { readonly kind: 'alternatives'; readonly nodes: readonly Node[] }
  | { readonly kind: 'capture'; readonly index: number; readonly node: Node }
  | { readonly kind: 'atomic'; readonly node: Node }
  | { readonly kind: 'look'; readonly ahead: boolean; readonly negative: boolean; readonly node: Node }
  | { readonly kind: 'repeat'; readonly node: Node; readonly min: number; readonly max: number; readonly lazy: boolean }
  | { readonly kind: 'assertion'; readonly assertion: Assertion }
  | { readonly kind: 'reference'; readonly index: number; readonly ignoreCase: boolean }

/**
 * `start` `\A`; `line start` `^` of multiline: not after the last newline; `end` `\z`; `last line end` `$` and `\Z`:
 * also before a final newline; `line end` `$` of multiline.
 */
export type Assertion =
  | 'end'
  | 'last line end'
  | 'line end'
  | 'line start'
  | 'not word boundary'
  | 'start'
  | 'word boundary'

export interface ParsedPattern {
  readonly source: string
  readonly node: Node
  readonly captures: number
}

export const EMPTY: Node = { kind: 'sequence', nodes: [] }
