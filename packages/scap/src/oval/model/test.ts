import type { Check, Existence, Operator } from './enumerations.ts'
import type { TestTypeName } from './object.ts'

/** An OVAL test: an object, and the states its items must satisfy. `independent/unknown` tests have no object. */
export interface Test {
  readonly id: string
  readonly version: string
  readonly testType: TestTypeName
  readonly comment: string
  readonly check: Check
  readonly checkExistence: Existence
  readonly stateOperator: Operator
  readonly objectRef?: string
  readonly stateRefs: readonly string[]
}
