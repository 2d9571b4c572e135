import type {
  Check,
  Datatype,
  Existence,
  Flag,
  Operation,
  Operator,
  OvalResult,
  Status,
} from '../oval/model/enumerations.ts'
import type { DefinitionClass } from '../oval/model/definition.ts'
import type { CriteriaGroupResult } from '../oval/model/result.ts'
import type { Role, RuleOutcome } from '../xccdf/model/benchmark.ts'

/** All that the verdict on a rule rests on: plain data, from which alone the verdict follows (see `replay.ts`). */
export interface RuleTrace {
  readonly ruleId: string
  readonly title: string
  readonly result: RuleOutcome
  /** One plain sentence: what was found, and what was expected instead. */
  readonly sentence: string
  readonly role: Role
  /** Why, where it does not follow from a check. */
  readonly messages: readonly string[]
  /** Present when the rule does not apply: what would have had to hold, its definitions in `documents`. */
  readonly applicability?: readonly ItemApplicability[]
  /** Absent when no check was evaluated. */
  readonly check?: CheckTrace
  /** Definitions, tests and variables by id, each document once. */
  readonly documents: readonly DocumentTrace[]
}

/** A benchmark, group or rule that names platforms: one of them has to be the asset's. */
export interface ItemApplicability {
  readonly item: string
  readonly platforms: readonly PlatformTrace[]
}

export type PlatformTrace =
  | {
      readonly kind: 'definition'
      readonly id: string
      /** Place of its document in `documents`; absent where there is no such definition. */
      readonly document?: number
      readonly result: OvalResult
      readonly holds: boolean
    }
  | {
      readonly kind: 'all' | 'any'
      /** The platform as it is named; empty for an inner expression. */
      readonly name: string
      readonly negate: boolean
      readonly children: readonly PlatformTrace[]
      readonly holds: boolean
    }

export type CheckTrace =
  | {
      readonly kind: 'check'
      readonly negate: boolean
      /** Place of the document in `documents`. */
      readonly document: number
      readonly definition: string
      readonly outcome: RuleOutcome
    }
  | {
      readonly kind: 'complex-check'
      readonly operator: 'AND' | 'OR'
      readonly negate: boolean
      readonly children: readonly CheckTrace[]
      readonly outcome: RuleOutcome
    }
  | {
      readonly kind: 'script'
      readonly negate: boolean
      readonly href: string
      /** Absent when it did not run to its end. */
      readonly exitStatus?: number
      readonly stdout: string
      readonly stderr: string
      readonly outcome: RuleOutcome
    }
  | { readonly kind: 'unchecked'; readonly outcome: RuleOutcome }

export interface DocumentTrace {
  readonly href: string
  readonly definitions: Readonly<Record<string, DefinitionTrace>>
  readonly tests: Readonly<Record<string, TestTrace>>
  readonly variables: Readonly<Record<string, VariableTrace>>
}

export interface DefinitionTrace {
  readonly class: DefinitionClass
  readonly title: string
  readonly result: OvalResult
  readonly criteria?: CriteriaGroupResult
  readonly messages: readonly string[]
}

export interface TestTrace {
  readonly testType: string
  readonly comment: string
  readonly result: OvalResult
  readonly check: Check
  readonly checkExistence: Existence
  readonly stateOperator: Operator
  readonly hasStates: boolean
  /** What a variable's test is about, in the content's words. */
  readonly subject?: string
  readonly object?: ObjectTrace
  /** Those that decide first; at most {@link maxTracedItems}. */
  readonly items: readonly ItemTrace[]
  /** Of all items held against the states, how many came to what. */
  readonly judged: Readonly<Partial<Record<OvalResult, number>>>
  /** The items beyond those that are told, by status, and what they came to where they were held against the states. */
  readonly omitted?: {
    readonly counts: Readonly<Record<Status, number>>
    readonly judged: Readonly<Partial<Record<OvalResult, number>>>
  }
  readonly variables: readonly string[]
  readonly messages: readonly string[]
}

/** What was asked, and how that went. */
export interface ObjectTrace {
  readonly id: string
  readonly flag: Flag
  readonly messages: readonly string[]
  /** How many items were found, by status. */
  readonly counts: Readonly<Record<Status, number>>
  readonly asked: readonly AskedEntity[]
  /** What was left out of, or alone kept in, what was found. */
  readonly filters: readonly FilterTrace[]
  /** What a set was worked out from; such an object asks for nothing itself. */
  readonly set?: SetTrace
}

export interface FilterTrace {
  readonly action: 'exclude' | 'include'
  readonly entities: readonly AskedEntity[]
}

/** One or two members, objects or sets again; the filters held for the items of each before they were joined. */
export interface SetTrace {
  readonly operator: 'COMPLEMENT' | 'INTERSECTION' | 'UNION'
  readonly filters: readonly FilterTrace[]
  readonly members: readonly (
    | { readonly kind: 'object'; readonly object: ObjectTrace }
    | { readonly kind: 'set'; readonly set: SetTrace }
  )[]
}

export interface AskedEntity {
  readonly name: string
  readonly operation: Operation
  /** Empty when masked. */
  readonly values: readonly string[]
  readonly variable?: string
}

export interface ItemTrace {
  readonly status: Status
  readonly result: OvalResult
  /** The line (1-based) of the file on which the text was found. */
  readonly line?: number
  readonly messages: readonly string[]
  /** In the item's order. */
  readonly entities: readonly ItemEntityTrace[]
  readonly states: readonly StateTrace[]
}

export interface ItemEntityTrace {
  readonly name: string
  /** `undefined` when masked; of a record its fields in one line. */
  readonly value: string | undefined
  readonly status: Status
  /** Of a record. */
  readonly fields?: readonly ItemEntityTrace[]
}

export interface StateTrace {
  readonly id: string
  readonly operator: Operator
  readonly result: OvalResult
  readonly entities: readonly StateEntityTrace[]
}

export interface StateEntityTrace {
  readonly name: string
  readonly datatype: Datatype
  readonly operation: Operation
  readonly expected: readonly string[]
  readonly found: readonly string[]
  readonly entityCheck: Check
  readonly checkExistence: Existence
  readonly result: OvalResult
  readonly variable?: string
  /** How many of the variable's values must hold. */
  readonly varCheck?: Check
  /** How well the variable's values are known, where that is not `complete`. */
  readonly variableFlag?: Flag
  /** The variable has no value, so there is nothing to compare with. */
  readonly isUnset?: true
  /** Values are left out, as they are hidden or too many: what it came to stands for them. */
  readonly isPartial?: true
  /** Of a record. */
  readonly fields?: readonly StateEntityTrace[]
}

export interface VariableTrace {
  readonly kind: 'constant' | 'external' | 'local'
  readonly comment: string
  readonly datatype: Datatype
  readonly flag: Flag
  readonly values: readonly string[]
  /** In words: from where the values come. */
  readonly origin: string
  readonly messages: readonly string[]
}

export const maxTracedItems = 50
export const maxTracedValues = 50
/** Members of the sets of one object, sets within sets counted too. */
export const maxTracedMembers = 100
