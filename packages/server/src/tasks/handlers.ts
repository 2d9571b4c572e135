import type { TaskHandlers } from '../jobs/worker.ts'
import { collectAsset } from './collect-asset.ts'
import { endCollection } from './end-collection.ts'
import { evaluateAsset } from './evaluate-asset.ts'
import { endRunInTime, finishRunSoon } from './finish-run.ts'
import { notify } from './notify.ts'
import { startRun, startRunsTogether } from './start-run.ts'
import { synchroniseResults } from './synchronise-results.ts'
import { runSystemJob } from './system-job.ts'
import type { TaskContext } from './task-context.ts'

/** Evaluation is work for the processor, and this process has one thread for it; a second fills the waits. */
const evaluationsAtATime = 2

/** What a worker beside servers does for each kind of task. `concurrency`: sessions with assets at a time. */
export function workerHandlers(context: TaskContext, concurrency: number): TaskHandlers {
  return {
    'start-run': {
      concurrency: 8,
      handle: (data) => startRun(context, data),
      handleTogether: (tasks) => startRunsTogether(context, tasks),
    },
    'collect-asset': { concurrency, handle: (data, attempt) => collectAsset(context, data, attempt) },
    'evaluate-asset': {
      concurrency: evaluationsAtATime,
      handle: (data, attempt) => evaluateAsset(context, data, attempt),
    },
    'finish-run': { concurrency: 4, handle: (data) => finishRunSoon(context, data) },
    'end-collection': { concurrency: 1, handle: (data) => endCollection(context, data) },
    'end-run': { concurrency: 1, handle: (data) => endRunInTime(context, data) },
  }
}

/**
 * What a server does: the same, and what goes by its settings and reaches what is reachable from it. Workers need none of
 * these: mail servers, the webhook, the reporting database, inventories, the retention.
 */
export function serverHandlers(context: TaskContext, concurrency: number): TaskHandlers {
  return {
    ...workerHandlers(context, concurrency),
    // One, and one for what somebody waits for.
    'system-job': { concurrency: 2, handle: (data, attempt) => runSystemJob(context, data, attempt) },
    notify: { concurrency: 2, handle: (data) => notify(context, data) },
    ...(context.reporting === undefined
      ? {}
      : { synchronise: { concurrency: 1, handle: (_, attempt) => synchroniseResults(context, attempt) } }),
  }
}
