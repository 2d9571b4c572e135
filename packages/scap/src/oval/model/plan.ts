import type { ObjectSource } from '../evaluate/evaluation.ts'
import type { OvalContent } from './content.ts'

/** What to collect for some definitions of one document, under given values of its external variables. */
export interface CollectionRequest {
  readonly content: OvalContent
  readonly definitionIds: readonly string[]
  /** Values by variable id. A variable that is not named here has no value. */
  readonly externalVariables: Readonly<Record<string, readonly string[]>>
  /**
   * Those of the definitions that are needed on this asset, once the requests without `narrow` have been collected: of
   * rules that do not apply nothing is collected. What cannot be told yet is needed.
   */
  readonly narrow?: (collected: ObjectSource, now: Date) => readonly string[]
}

/** The union of what several standards ask of one asset; each distinct object is collected once. */
export type CollectionPlan = readonly CollectionRequest[]
