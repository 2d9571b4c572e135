import type { Entity } from './entity.ts'

/** A test type's name: the schema's family and the element's name without its suffix, as in `unix/password`. */
export type TestTypeName = `${string}/${string}`

/** An OVAL object: what to collect. Either entities with their behaviours and filters, or a set over other objects. */
export interface OvalObject {
  readonly id: string
  readonly version: string
  readonly testType: TestTypeName
  readonly comment: string
  readonly entities: readonly Entity[]
  /** Attributes of `behaviors` as written; defaults are the test type's. */
  readonly behaviors: Readonly<Record<string, string>>
  readonly filters: readonly Filter[]
  readonly set?: ObjectSet
}

/** OVAL definitions schema, `filter`: items that match the state are kept (`include`) or dropped (`exclude`). */
export interface Filter {
  readonly action: 'exclude' | 'include'
  readonly stateRef: string
}

/** OVAL definitions schema, `set`. */
export interface ObjectSet {
  readonly operator: 'COMPLEMENT' | 'INTERSECTION' | 'UNION'
  readonly members: readonly (ObjectSet | string)[]
  readonly filters: readonly Filter[]
}
