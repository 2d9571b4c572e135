import type { JobDefinition } from '../jobs/job-definition.ts'
import type { PinnedStandard } from '../store/run-inputs.ts'

/** The job as it was when its run was made; what a run does is read from here and nowhere else. */
export interface RunSnapshot {
  readonly name: string
  readonly type: string
  readonly createdBy: string
  readonly definition: JobDefinition
  /** For a run of what an earlier one left incomplete. */
  readonly rerun: { readonly of: string; readonly until: string | null } | null
  /** Pinned when the run starts. */
  readonly standards?: readonly PinnedStandard[]
}

export function readSnapshot(run: { readonly snapshot: object }): RunSnapshot {
  // Written by run-requests.ts, in this shape, from rows that job-definition.ts has shaped.
  return run.snapshot as RunSnapshot
}

export function collects({ type }: RunSnapshot): boolean {
  return type === 'CollectionEvaluationJob' || type === 'DataCollectionJob'
}

export function evaluates({ type }: RunSnapshot): boolean {
  return type === 'CollectionEvaluationJob' || type === 'EvaluationJob'
}
