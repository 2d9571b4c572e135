import type { Datatype, Status } from './enumerations.ts'
import type { TestTypeName } from './object.ts'

/** An item: one thing found on the asset (a file, an account, a matched line), as a list of named, typed entities. */
export interface Item {
  readonly testType: TestTypeName
  readonly status: Status
  readonly entities: readonly ItemEntity[]
  readonly messages?: readonly string[]
  /** Ours, for explanations: the line (1-based) of the file on which the match begins. Not part of the standard's XML. */
  readonly line?: number
}

/** One entity of an item. Several may bear the same name (`subexpression`). */
export interface ItemEntity {
  readonly name: string
  readonly datatype: Datatype
  readonly status: Status
  /** Empty when the status is not `exists`, or when the entity is a record. */
  readonly value: string
  readonly mask?: boolean
  readonly fields?: readonly ItemEntity[]
}
