import type { Entity } from './entity.ts'
import type { Flag, Operator } from './enumerations.ts'
import type { Filter, TestTypeName } from './object.ts'

/** What is wrong with a thing that could not be worked out, in the words of a collection flag. */
export interface Unresolved {
  readonly flag: Flag
  readonly messages: readonly string[]
}

/** An entity with the values it stands for: one for a literal, any number (even none) for a variable. */
export interface ResolvedEntity extends Omit<Entity, 'fields' | 'value' | 'varRef'> {
  readonly values: readonly string[]
  /** Only when the values come from a variable. */
  readonly variable?: {
    readonly id: string
    readonly flag: Flag
    readonly messages: readonly string[]
    /** It comes down to an external variable that nobody gave a value. */
    readonly isUnbound: boolean
  }
  readonly fields?: readonly ResolvedEntity[]
}

/** A state whose variables have been replaced by their values. */
export interface ResolvedState {
  readonly id: string
  readonly testType: TestTypeName
  readonly operator: Operator
  readonly entities: readonly ResolvedEntity[]
}

export interface ResolvedFilter {
  readonly action: Filter['action']
  readonly state: ResolvedState
}

/** An object, ready to be collected: nothing in it refers to anything else. Two that ask the same have the same digest. */
export interface ResolvedObject {
  readonly id: string
  readonly digest: string
  readonly testType: TestTypeName
  readonly entities: readonly ResolvedEntity[]
  readonly behaviors: Readonly<Record<string, string>>
  readonly filters: readonly ResolvedFilter[]
  /** A variable of the object has no usable value: do not collect, report this. */
  readonly unresolved?: Unresolved
}
