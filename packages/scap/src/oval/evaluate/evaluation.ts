import type { OvalContent } from '../model/content.ts'
import type { ResolvedObject } from '../model/resolved-object.ts'
import type { DefinitionResult, TestResult, VariableResult } from '../model/result.ts'
import type { CollectedObject } from '../model/system-characteristics.ts'

/** Where collected objects are looked up: by digest in our own evidence, by id in a document that someone else wrote. */
export interface ObjectSource {
  find(digest: string, objectId: string): CollectedObject | undefined
}

export interface EvaluationInput {
  readonly content: OvalContent
  readonly source: ObjectSource
  /** Values by variable id. A variable that is not named here has no value. */
  readonly externalVariables?: Readonly<Record<string, readonly string[]>>
  /** The moment that counts as now for `time_difference` with one component. */
  readonly now?: Date
}

/** Verdicts of one document over one set of collected objects. Everything is worked out once; nothing throws on parsed content. */
export interface Evaluation {
  definition(id: string): DefinitionResult
  test(id: string): TestResult
  variable(id: string): VariableResult
  /** The object with its variables' values in place. Only right once its `objectDependencies` have been collected. */
  resolveObject(id: string): ResolvedObject
  /** What was collected for the object; sets and `independent/variable` objects are worked out here. */
  object(id: string): CollectedObject
}
