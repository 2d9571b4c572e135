import { restoreOpenAssets } from '../jobs/lost-tasks.ts'
import { addRunMessage } from '../jobs/run-requests.ts'
import {
  claimAsset,
  endOpenAssets,
  endRun,
  findRunRow,
  finishRunIfDone,
  hasOpenAssets,
  lockRun,
} from '../jobs/run-transitions.ts'
import type { AssetKey } from '../jobs/run-transitions.ts'
import { hasEnded } from '../jobs/states.ts'
import type { DeadTask } from '../jobs/queue.ts'
import { countRunAssets } from '../store/runs.ts'
import { failCollection } from './collect-asset.ts'
import { endCollection } from './end-collection.ts'
import { endWithoutResults, failEvaluation } from './evaluate-asset.ts'
import { closeRun, describeEnd, endRunInTime, noteEnd, planRerunOf } from './finish-run.ts'
import { installationOf } from './installation.ts'
import { notifyAfterLoss } from './notify.ts'
import { enqueueNotification } from './run-notification.ts'
import { readSnapshot } from './run-snapshot.ts'
import { noteMissingReports } from './synchronise-results.ts'
import type { TaskContext } from './task-context.ts'

const lost = 'The worker was lost or failed at every try; see the log of the server, and run the job again.'

/** A task whose last try was lost ends as an outcome that people can see, so that no run stays open for ever. */
export async function buryTask(context: TaskContext, task: DeadTask, attempt = { number: 1 }): Promise<void> {
  switch (task.kind) {
    case 'collect-asset':
      return buryCollection(context, task.data)
    case 'evaluate-asset':
      return buryEvaluation(context, task.data, attempt)
    case 'start-run':
    case 'system-job':
      return failRun(context, task.data.runId, closeRun)
    case 'finish-run':
      return buryEnd(context, task.data.runId)
    case 'end-collection':
      return endCollection(context, task.data)
    case 'end-run':
      return endRunInTime(context, task.data)
    case 'notify':
      return notifyAfterLoss(context, task.data, task.error)
    case 'synchronise':
      return noteMissingReports(context, task.error)
  }
}

async function buryCollection(context: TaskContext, key: AssetKey): Promise<void> {
  const { database, queue } = context
  const run = await findRunRow(database.kysely, key.runId)
  const claim = await claimAsset(database.kysely, key, 'collecting')
  if (run === undefined) return
  if (claim !== undefined) await failCollection(context, run, claim, { reason: 'worker-lost', message: lost })
  await finishRunIfDone(queue, database.kysely, key.runId)
}

/** What ended the evaluation may end this too: the first try keeps results, the others only the end of the asset. */
async function buryEvaluation(
  context: TaskContext,
  key: AssetKey,
  { number }: { readonly number: number },
): Promise<void> {
  const { database, queue } = context
  const failure = { reason: 'worker-lost', message: lost }
  const run = await findRunRow(database.kysely, key.runId)
  const claim = await claimAsset(database.kysely, key, 'evaluating')
  if (run === undefined) return
  if (claim !== undefined && number === 1) await failEvaluation(context, run, claim, failure)
  if (claim !== undefined && number > 1) await endWithoutResults(context, claim, failure)
  await finishRunIfDone(queue, database.kysely, key.runId)
}

/** What made the end fail at every try may be what it causes: of that only the rerun and the mail are tried, then nothing. */
async function buryEnd(context: TaskContext, runId: string): Promise<void> {
  try {
    await failRun(context, runId, async (_, tx, run, status, counts) => {
      const ended = await endRun(tx, runId, status, false)
      if (ended === undefined) return undefined
      await planRerunOf(context, tx, run, status, counts)
      const installation = await installationOf(context, tx)
      await enqueueNotification(context, tx, {
        run,
        snapshot: readSnapshot(run),
        status,
        counts,
        installation,
        ...ended,
      })
      return describeEnd(run, status, counts)
    })
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    context.log.error({ err: error, runId }, 'a run ends without its notification')
    await failRun(context, runId, async (_, tx, run, status, counts) => {
      await endRun(tx, runId, status, false)
      const text = `The notification could not be made, and none was sent: ${reason}`
      await addRunMessage(tx, { runId, phase: 'notification', text })
      return describeEnd(run, status, counts)
    })
  }
}

/** A run of which assets are open still goes on with them: nothing of it is given up but this task. */
async function failRun(context: TaskContext, runId: string, end: typeof closeRun): Promise<void> {
  const ended = await context.database.kysely.transaction().execute(async (tx) => {
    const run = await lockRun(tx, runId)
    if (run === undefined || hasEnded(run.status)) return undefined
    const status = run.status === 'Aborting' ? 'Aborted' : 'Failed'
    if (status === 'Failed' && (await hasOpenAssets(tx, runId))) {
      await restoreOpenAssets(tx, context.queue, run)
      return undefined
    }
    await addRunMessage(tx, { runId, phase: 'run', text: lost })
    await endOpenAssets(tx, runId, 'aborted', lost)
    return end(context, tx, run, status, await countRunAssets(tx, runId))
  })
  noteEnd(context, ended)
}
