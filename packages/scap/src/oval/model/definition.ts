import type { CriteriaGroup } from './criteria.ts'

export type DefinitionClass = 'compliance' | 'inventory' | 'miscellaneous' | 'patch' | 'vulnerability'

/** An OVAL definition: a named claim about a system, made of criteria. */
export interface Definition {
  readonly id: string
  readonly version: string
  readonly class: DefinitionClass
  readonly deprecated: boolean
  readonly title: string
  readonly description: string
  readonly criteria?: CriteriaGroup
}
