import { createEvaluation, reachableObjects } from '@plumbline/scap'
import type { CollectedObject, CollectionPlan, CollectionRequest } from '@plumbline/scap'

/**
 * What of a plan still has to be collected: the requests of which at least one object is not known, could not be read, or
 * was collected before `since` (milliseconds of the epoch). Which objects a request has depends on values that other
 * objects gave, so that the evidence itself is asked, as an evaluation would.
 */
export function uncovered(plan: CollectionPlan, evidence: CoveringEvidence, since: number): CollectionPlan {
  return plan.filter((request) => !isCovered(request, evidence, since))
}

export interface CoveringEvidence {
  readonly objects: Readonly<Record<string, CollectedObject>>
  /** The moment against which it was collected, ISO 8601. */
  readonly collectedAt: string
}

function isCovered(
  { content, definitionIds, externalVariables, narrow }: CollectionRequest,
  { objects, collectedAt }: CoveringEvidence,
  since: number,
): boolean {
  const find = (digest: string): CollectedObject | undefined => {
    const object = Object.hasOwn(objects, digest) ? objects[digest] : undefined
    return object !== undefined && Date.parse(object.collectedAt) >= since && isSettled(object) ? object : undefined
  }
  const now = new Date(collectedAt)
  const evaluation = createEvaluation({ content, externalVariables, source: { find }, now })
  const needed = narrow?.({ find }, now) ?? definitionIds
  return reachableObjects(content, needed).every((id) => find(evaluation.resolveObject(id).digest) !== undefined)
}

/** An object that failed is worth asking again; one that this version cannot collect is not. */
function isSettled({ flag }: CollectedObject): boolean {
  return flag !== 'error' && flag !== 'incomplete'
}
