import { addRunMessage } from '../jobs/run-requests.ts'
import { findRunRow, lockRun } from '../jobs/run-transitions.ts'
import { synchronise } from '../reporting/synchronise.ts'
import { purge } from '../store/retention.ts'
import { closeRun, finishRun } from './finish-run.ts'
import { readSnapshot } from './run-snapshot.ts'
import type { TaskContext } from './task-context.ts'

/** What the product's own jobs do, by their type; each answers with a sentence about what it did. */
const systemJobs: Readonly<Record<string, (context: TaskContext, signal: AbortSignal) => Promise<string>>> = {
  async ProductionDataPurgeJob({ database, settings }, signal) {
    const { retentionDays: days, retentionRuns: runsPerJob } = settings
    const purged = await purge(database.kysely, { days, runsPerJob }, signal)
    await database.maintain()
    return `Dropped runs: ${purged.runs}, results: ${purged.results}, evidence: ${purged.evidence}.`
  },

  async ReportDataSynchronizationJob({ database, reporting }, signal) {
    if (reporting === undefined) return 'No reporting database is configured. Set REPORTING_DATABASE_URL.'
    const runs = await synchronise(database, await reporting.database(), signal)
    return `Runs brought to the reporting database: ${runs.length}.`
  },
}

export async function runSystemJob(
  context: TaskContext,
  { runId }: { readonly runId: string },
  { signal }: { readonly signal: AbortSignal },
): Promise<void> {
  const { database, watch } = context
  const run = await findRunRow(database.kysely, runId)
  if (run?.status !== 'Executing') return
  const { type } = readSnapshot(run)
  const stop = watch.watch(runId)
  try {
    const work = systemJobs[type]
    const text =
      work === undefined
        ? `Jobs of the type ${type} do nothing in this version.`
        : await work(context, AbortSignal.any([signal, stop.signal]))
    await database.kysely.transaction().execute(async (tx) => {
      const locked = await lockRun(tx, runId)
      if (locked?.status !== 'Executing') return
      await addRunMessage(tx, { runId, phase: 'run', text })
      await closeRun(context, tx, locked, 'Completed', {})
    })
  } catch (error) {
    if (!stop.signal.aborted) throw error
    await finishRun(context, { runId, force: true })
  } finally {
    stop.release()
  }
}
