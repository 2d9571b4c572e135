import type { Check, Datatype, Existence, Operation } from './enumerations.ts'

/**
 * One entity of an object or a state (OVAL definitions schema, EntitySimpleBaseType and EntityComplexBaseType):
 * a literal `value`, the values of a variable (`varRef`), or `fields` when the datatype is `record`.
 */
export interface Entity {
  readonly name: string
  readonly datatype: Datatype
  readonly operation: Operation
  readonly value: string
  readonly varRef?: string
  /** How the variable's values combine; meaningful with `varRef` only. */
  readonly varCheck: Check
  /** States only: how many of the item's entities of this name must satisfy it. */
  readonly entityCheck: Check
  /** States only (5.11.1): how many entities of this name the item must have. */
  readonly checkExistence: Existence
  /** `xsi:nil`: an object entity that asks for the thing itself (a directory rather than a file in it). */
  readonly nil: boolean
  /** The value must not appear in results (EntityAttributeGroup, `mask`). */
  readonly mask: boolean
  readonly fields?: readonly Entity[]
}
