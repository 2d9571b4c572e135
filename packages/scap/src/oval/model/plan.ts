import type { OvalContent } from './content.ts'

/** What to collect for some definitions of one document, under given values of its external variables. */
export interface CollectionRequest {
  readonly content: OvalContent
  readonly definitionIds: readonly string[]
  /** Values by variable id. A variable that is not named here has no value. */
  readonly externalVariables: Readonly<Record<string, readonly string[]>>
}

/** The union of what several standards ask of one asset; each distinct object is collected once. */
export type CollectionPlan = readonly CollectionRequest[]
