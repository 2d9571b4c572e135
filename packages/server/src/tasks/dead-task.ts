import { addRunMessage } from '../jobs/run-requests.ts'
import {
  claimAsset,
  endOpenAssets,
  endRun,
  findRunRow,
  finishRunIfDone,
  lockRun,
  moveAsset,
} from '../jobs/run-transitions.ts'
import type { AssetKey } from '../jobs/run-transitions.ts'
import { hasEnded } from '../jobs/states.ts'
import type { DeadTask } from '../jobs/queue.ts'
import { countRunAssets } from '../store/runs.ts'
import { failCollection } from './collect-asset.ts'
import { closeRun, describeEnd, endRunInTime, noteEnd } from './finish-run.ts'
import { notifyAfterLoss } from './notify.ts'
import { enqueueNotification } from './run-notification.ts'
import { readSnapshot } from './run-snapshot.ts'
import { noteMissingReports } from './synchronise-results.ts'
import type { TaskContext } from './task-context.ts'

const lost = 'The worker was lost or failed at every try; see the log of the server, and run the job again.'

/** A task whose last try was lost ends as an outcome that people can see, so that no run stays open for ever. */
export async function buryTask(context: TaskContext, task: DeadTask): Promise<void> {
  switch (task.kind) {
    case 'collect-asset':
      return buryCollection(context, task.data)
    case 'evaluate-asset':
      return buryEvaluation(context, task.data)
    case 'start-run':
    case 'system-job':
      return failRun(context, task.data.runId, closeRun)
    case 'finish-run':
      return buryEnd(context, task.data.runId)
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

async function buryEvaluation({ database, queue }: TaskContext, key: AssetKey): Promise<void> {
  const claim = await claimAsset(database.kysely, key, 'evaluating')
  if (claim !== undefined) {
    await database.kysely.transaction().execute(async (tx) => {
      await addRunMessage(tx, { ...key, phase: 'evaluation', text: lost })
      await moveAsset(tx, claim, 'failed', { reason: 'worker-lost', message: lost })
    })
  }
  await finishRunIfDone(queue, database.kysely, key.runId)
}

/** What made the end fail at every try may be what it causes: of that only the mail is tried, and then nothing. */
async function buryEnd(context: TaskContext, runId: string): Promise<void> {
  try {
    await failRun(context, runId, async (_, tx, run, status) => {
      const ended = await endRun(tx, runId, status, false)
      if (ended === undefined) return undefined
      const counts = await countRunAssets(tx, runId)
      await enqueueNotification(context, tx, { run, snapshot: readSnapshot(run), status, counts, ...ended })
      return describeEnd(run, status, counts)
    })
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    context.log.error({ err: error, runId }, 'a run ends without its notification')
    await failRun(context, runId, async (_, tx, run, status) => {
      await endRun(tx, runId, status, false)
      const text = `The notification could not be made, and none was sent: ${reason}`
      await addRunMessage(tx, { runId, phase: 'notification', text })
      return describeEnd(run, status, {})
    })
  }
}

async function failRun(context: TaskContext, runId: string, end: typeof closeRun): Promise<void> {
  const ended = await context.database.kysely.transaction().execute(async (tx) => {
    const run = await lockRun(tx, runId)
    if (run === undefined || hasEnded(run.status)) return undefined
    const status = run.status === 'Aborting' ? 'Aborted' : 'Failed'
    await addRunMessage(tx, { runId, phase: 'run', text: lost })
    await endOpenAssets(tx, runId, status === 'Failed' ? 'failed' : 'aborted', lost)
    return end(context, tx, run, status, {})
  })
  noteEnd(context, ended)
}
