import type { Operator } from './enumerations.ts'

/** A node of a definition's criteria tree (OVAL definitions schema, CriteriaType, CriterionType, ExtendDefinitionType). */
export type Criteria = CriteriaGroup | Criterion | ExtendDefinition

export interface CriteriaGroup {
  readonly kind: 'criteria'
  readonly operator: Operator
  readonly negate: boolean
  readonly comment: string
  readonly applicabilityCheck: boolean
  readonly children: readonly Criteria[]
}

export interface Criterion {
  readonly kind: 'criterion'
  readonly testRef: string
  readonly negate: boolean
  readonly comment: string
  readonly applicabilityCheck: boolean
}

export interface ExtendDefinition {
  readonly kind: 'extend_definition'
  readonly definitionRef: string
  readonly negate: boolean
  readonly comment: string
  readonly applicabilityCheck: boolean
}
