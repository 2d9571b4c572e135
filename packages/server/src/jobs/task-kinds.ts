/** What each kind of task is told. Ids only: what a task works on is read when it runs. */
export interface TaskData {
  /** Resolves a run's assets, pins its standards, makes a task for each asset. */
  'start-run': { readonly runId: string }
  'collect-asset': { readonly runId: string; readonly assetId: string }
  'evaluate-asset': { readonly runId: string; readonly assetId: string }
  /** Ends a run whose assets have all ended; `force` ends what is left of a run that is being stopped. */
  'finish-run': { readonly runId: string; readonly force?: boolean }
  /** Comes due when the time limit of the run's collection phase does. */
  'end-collection': { readonly runId: string }
  /** Comes due when the run's time limit does. */
  'end-run': { readonly runId: string }
  /** Does what a job of the product itself does: purge, report data synchronization. */
  'system-job': { readonly runId: string }
  /** Sends one mail of the outbox. */
  notify: { readonly outboxId: string }
  /** Brings results that belong in the reporting database there. */
  synchronise: Readonly<Record<string, never>>
}

export type TaskKind = keyof TaskData

export interface TaskPolicy {
  /** Tries after the first, when a worker is lost or a try throws. */
  readonly retries: number
  /** The wait before the first retry; it doubles, up to a minute. */
  readonly retryDelaySeconds: number
  /** How often a worker looks for tasks whose time has come; new ones wake it at once. */
  readonly pollSeconds: number
  /** At most one task with the same key at a time. */
  readonly oneAtATime: boolean
  /** How many are taken from the queue together, where each is short. */
  readonly batch?: number
  /** May take as long as an asset, or a purge, likes: some places are kept for runs that somebody asked for. */
  readonly keepsPlaces?: true
  /** `first`: while there are more than a batch of these, tasks that go `after` wait; see precedence.ts. */
  readonly goes?: 'after' | 'first'
}

/**
 * A worker that dies is noticed by its missing heartbeat, so these tries are for lost workers and for what may pass by
 * itself. What a try learns for certain (a refused password) is an outcome, and not tried again.
 */
export const taskPolicies: Readonly<Record<TaskKind, TaskPolicy>> = {
  'start-run': { retries: 5, retryDelaySeconds: 1, pollSeconds: 2, oneAtATime: false, batch: 20, goes: 'first' },
  // Keyed by asset: an asset is asked by one session at a time, whatever jobs want it.
  'collect-asset': {
    retries: 2,
    retryDelaySeconds: 5,
    pollSeconds: 2,
    oneAtATime: true,
    keepsPlaces: true,
    goes: 'after',
  },
  'evaluate-asset': { retries: 2, retryDelaySeconds: 1, pollSeconds: 2, oneAtATime: false, goes: 'after' },
  'finish-run': { retries: 10, retryDelaySeconds: 1, pollSeconds: 2, oneAtATime: false, batch: 8 },
  'end-collection': { retries: 10, retryDelaySeconds: 1, pollSeconds: 2, oneAtATime: false },
  'end-run': { retries: 10, retryDelaySeconds: 1, pollSeconds: 2, oneAtATime: false },
  'system-job': { retries: 5, retryDelaySeconds: 5, pollSeconds: 5, oneAtATime: false, keepsPlaces: true },
  notify: { retries: 2, retryDelaySeconds: 5, pollSeconds: 5, oneAtATime: false },
  synchronise: { retries: 5, retryDelaySeconds: 5, pollSeconds: 10, oneAtATime: true },
}

export const taskKinds = Object.keys(taskPolicies) as readonly TaskKind[]
