import type { DefinitionClass } from './definition.ts'
import type { Check, Datatype, Existence, Flag, Operation, Operator, OvalResult, Status } from './enumerations.ts'
import type { Item } from './item.ts'
import type { TestTypeName } from './object.ts'
import type { ResolvedEntity, Unresolved } from './resolved-object.ts'

/** A definition's result, with the tree that led to it. */
export interface DefinitionResult {
  readonly id: string
  readonly class: DefinitionClass
  readonly title: string
  readonly result: OvalResult
  readonly criteria?: CriteriaGroupResult
  readonly messages: readonly string[]
}

/** A node of the criteria tree. `result` is after negation, as it counts for the node above. */
export type CriteriaResult = CriteriaGroupResult | CriterionResult | ExtendDefinitionResult

interface CriteriaResultBase {
  readonly negate: boolean
  readonly comment: string
  readonly applicabilityCheck: boolean
  readonly result: OvalResult
}

export interface CriteriaGroupResult extends CriteriaResultBase {
  readonly kind: 'criteria'
  readonly operator: Operator
  readonly children: readonly CriteriaResult[]
}

export interface CriterionResult extends CriteriaResultBase {
  readonly kind: 'criterion'
  readonly testRef: string
}

export interface ExtendDefinitionResult extends CriteriaResultBase {
  readonly kind: 'extend_definition'
  readonly definitionRef: string
}

/** A test's result and all that it was decided on. */
export interface TestResult {
  readonly id: string
  readonly testType: TestTypeName
  readonly comment: string
  readonly check: Check
  readonly checkExistence: Existence
  readonly stateOperator: Operator
  readonly result: OvalResult
  readonly object?: {
    readonly id: string
    readonly digest: string
    readonly flag: Flag
    readonly messages: readonly string[]
    /** Items by status. */
    readonly counts: Readonly<Record<Status, number>>
  }
  /** What the existence check alone said; `undefined` when the object's flag decided first. */
  readonly existence?: OvalResult
  readonly items: readonly TestedItem[]
  readonly variables: readonly TestedVariable[]
  readonly messages: readonly string[]
}

/** An item as a test saw it. `not evaluated` when the existence check had already decided. */
export interface TestedItem {
  readonly item: Item
  readonly result: OvalResult
  readonly states: readonly StateResult[]
}

export interface StateResult {
  readonly id: string
  readonly operator: Operator
  readonly result: OvalResult
  readonly entities: readonly EntityResult[]
}

/** One state entity against all the item's entities of that name. */
export interface EntityResult {
  readonly name: string
  readonly operation: Operation
  readonly datatype: Datatype
  /** What was expected: one value, or a variable's. Empty when masked. */
  readonly expected: readonly string[]
  /** What was found. Empty when masked. */
  readonly found: readonly string[]
  readonly entityCheck: Check
  readonly checkExistence: Existence
  readonly varCheck: Check
  readonly variable?: ResolvedEntity['variable']
  readonly mask: boolean
  readonly result: OvalResult
  readonly fields?: readonly EntityResult[]
}

export interface TestedVariable {
  readonly id: string
  readonly values: readonly string[]
}

/** A variable's values and how well they are known. */
export interface VariableResult extends Unresolved {
  readonly id: string
  readonly datatype: Datatype
  readonly values: readonly string[]
  /** It comes down to an external variable that nobody gave a value. */
  readonly isUnbound: boolean
}
