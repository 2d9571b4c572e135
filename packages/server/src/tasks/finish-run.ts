import type { Transaction } from '../db/database.ts'
import { isJobType } from '../jobs/job-definition.ts'
import { planRerun, presentSchedule } from '../jobs/reruns.ts'
import { addRunMessage, stopRuns } from '../jobs/run-requests.ts'
import { endOpenAssets, endRun, lockRun } from '../jobs/run-transitions.ts'
import type { RunRow } from '../jobs/run-transitions.ts'
import { hasEnded, openAssetStates, statusByAssets } from '../jobs/states.ts'
import type { RunStatus } from '../jobs/states.ts'
import { countRunAssets } from '../store/runs.ts'
import type { RunAssetCounts } from '../store/runs.ts'
import { waiversEndingSoon } from '../store/waivers.ts'
import { installationOf } from './installation.ts'
import { enqueueNotification } from './run-notification.ts'
import { evaluates, readSnapshot } from './run-snapshot.ts'
import type { RunSnapshot } from './run-snapshot.ts'
import type { TaskContext } from './task-context.ts'

interface RunEnd {
  readonly runId: string
  readonly force?: boolean
}

/**
 * Ends a run whose assets have all ended: its status, what it says about itself, its mail and what follows, in one
 * transaction. Of a run that is being stopped, `force` also ends the assets whose workers did not answer; without it the
 * answer is false while there are any.
 */
export async function finishRun(context: TaskContext, { runId, force = false }: RunEnd): Promise<boolean> {
  const { done, ended } = await context.database.kysely
    .transaction()
    .execute(async (tx): Promise<{ readonly done: boolean; readonly ended?: EndedRun | undefined }> => {
      const run = await lockRun(tx, runId)
      if (run === undefined || hasEnded(run.status) || run.status === 'Queued') return { done: true }
      const isStopping = run.status === 'Aborting'
      if (isStopping && force) await endOpenAssets(tx, runId, run.ending ?? 'aborted')
      const counts = await countRunAssets(tx, runId)
      if (openAssetStates.some((state) => counts[state] !== undefined)) return { done: !isStopping }
      return { done: true, ended: await closeRun(context, tx, run, statusOf(run, counts), counts) }
    })
  noteEnd(context, ended)
  return done
}

/** What the log says of a run that has ended. */
export interface EndedRun {
  readonly runId: string
  readonly jobId: string
  readonly job: string
  readonly status: RunStatus
  readonly assets: RunAssetCounts
  readonly seconds: number | null
}

export function describeEnd(run: RunRow, status: RunStatus, assets: RunAssetCounts): EndedRun {
  const { id: runId, jobId, elapsedMs } = run
  const seconds = elapsedMs === null ? null : Math.round(elapsedMs) / 1000
  return { runId, jobId, job: readSnapshot(run).name, status, assets, seconds }
}

/** Called when the transaction that ended the run has been committed: before, it may not come to pass. */
export function noteEnd({ log }: TaskContext, ended: EndedRun | undefined): void {
  if (ended !== undefined) log.info(ended, 'a run ended')
}

/** What a stop leaves to workers that do not answer; with what goes before and after it, an abort takes two seconds. */
const stopGraceMs = 1200

/**
 * Ends a run, or gives the workers of one that is being stopped a moment and then ends it without them; the task does not
 * wait for that, so that any number of runs can be stopped at once. The forced end that `stopRuns` has put off does the same,
 * later, in case this process dies in that moment.
 */
export async function finishRunSoon(context: TaskContext, end: RunEnd): Promise<void> {
  if (await finishRun(context, end)) return
  context.graces.give(end.runId, stopGraceMs, () => finishRun(context, { ...end, force: true }))
}

/** Comes due with the run's time limit. */
export async function endRunInTime(
  { database, queue }: TaskContext,
  { runId }: { readonly runId: string },
): Promise<void> {
  await database.kysely.transaction().execute(async (tx) => {
    if ((await stopRuns(queue, tx, [runId], 'timed out')).length === 0) return
    await addRunMessage(tx, { runId, phase: 'run', text: 'The run reached the time limit that its schedule sets.' })
  })
}

function statusOf(run: RunRow, { completed = 0, failed = 0 }: RunAssetCounts): RunStatus {
  if (run.status === 'Aborting') return run.ending === 'timed out' ? 'Timed out' : 'Aborted'
  return statusByAssets({ completed, failed })
}

/** Ends a locked run with everything that an end causes; {@link noteEnd} wants the answer. */
export async function closeRun(
  context: TaskContext,
  tx: Transaction,
  run: RunRow,
  status: RunStatus,
  counts: RunAssetCounts,
): Promise<EndedRun | undefined> {
  const snapshot = readSnapshot(run)
  const installation = await installationOf(context, tx)
  const { reports } = installation
  const synchronises = wantsSynchronisation(snapshot)
  const ended = await endRun(tx, run.id, status, synchronises && reports)
  if (ended === undefined) return undefined
  const unfinished = (counts.aborted ?? 0) + (counts['timed out'] ?? 0)
  if (unfinished > 0) {
    await addRunMessage(tx, { runId: run.id, phase: 'run', text: `Assets that were not finished: ${unfinished}.` })
  }
  // Only of these there are results; a stop that caught them all is to end at once.
  if ((counts.completed ?? 0) + (counts.failed ?? 0) > 0) await noteEndingWaivers(tx, run.id)
  if (synchronises) await enqueueSynchronisation(context, tx, run.id, reports)
  await planRerunOf(context, tx, run, status, counts)
  await enqueueNotification(context, tx, { run, snapshot, status, counts, installation, endedAt: ended.endedAt })
  return describeEnd(run, status, counts)
}

/**
 * Plans the rerun of what the run left incomplete: assets that failed or were not finished, or, of a run that never began,
 * all that it was to work on. Whoever aborts a run wants none of it.
 */
export async function planRerunOf(
  context: TaskContext,
  tx: Transaction,
  run: RunRow,
  status: RunStatus,
  { failed = 0, 'timed out': timedOut = 0 }: RunAssetCounts,
): Promise<void> {
  const { rerun, type } = readSnapshot(run)
  const began = run.startedAt !== null
  if (status === 'Aborted' || !isJobType(type) || (began && failed + timedOut === 0)) return
  const { timeZone } = await installationOf(context, tx)
  const schedule = await presentSchedule(tx, run.jobId)
  const id = began || rerun === null ? run.id : rerun.of
  await planRerun(tx, { id, jobId: run.jobId, rerun }, schedule, timeZone)
}

const noticeDays = 14

/** Whoever looks after a waiver learns in time that it is about to end. */
async function noteEndingWaivers(tx: Transaction, runId: string): Promise<void> {
  for (const waiver of await waiversEndingSoon(tx, runId, noticeDays)) {
    const where = waiver.assetName ?? waiver.assetGroupName ?? 'all assets'
    const text = `The waiver of the rule ${waiver.ruleTitle} (${waiver.standardTitle}) on ${where} ends at ${waiver.endsAt}; request a new one or mend what it exempts.`
    await addRunMessage(tx, { runId, phase: 'evaluation', text })
  }
}

function wantsSynchronisation(snapshot: RunSnapshot): boolean {
  return evaluates(snapshot) && snapshot.definition.shouldSynchronizeResults
}

async function enqueueSynchronisation(
  { queue }: TaskContext,
  tx: Transaction,
  runId: string,
  reports: boolean,
): Promise<void> {
  if (reports) {
    await queue.enqueue(tx, 'synchronise', {}, { key: 'reporting' })
    return
  }
  const text =
    'The results were not brought to the reporting database, because none is configured; reports show what they had. ' +
    'Set REPORTING_DATABASE_URL.'
  await addRunMessage(tx, { runId, phase: 'reporting', text })
}
