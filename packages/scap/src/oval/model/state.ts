import type { Entity } from './entity.ts'
import type { Operator } from './enumerations.ts'
import type { TestTypeName } from './object.ts'

/** An OVAL state: what an item's entities must be. */
export interface State {
  readonly id: string
  readonly version: string
  readonly testType: TestTypeName
  readonly comment: string
  readonly operator: Operator
  readonly entities: readonly Entity[]
}
