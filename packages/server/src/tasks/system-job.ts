import { addRunMessage } from '../jobs/run-requests.ts'
import { findRunRow, lockRun } from '../jobs/run-transitions.ts'
import { synchronise } from '../reporting/synchronise.ts'
import { synchronisationState } from '../store/reporting.ts'
import { purge } from '../store/retention.ts'
import { closeRun, finishRun } from './finish-run.ts'
import { readSnapshot } from './run-snapshot.ts'
import type { TaskContext } from './task-context.ts'

/** A sentence about what was done, or about why it could not be. */
interface Done {
  readonly text: string
  readonly status?: 'Completed' | 'Failed'
}

/** What the product's own jobs do, by their type. */
const systemJobs: Readonly<Record<string, (context: TaskContext, signal: AbortSignal) => Promise<Done>>> = {
  async ProductionDataPurgeJob({ database, settings }, signal) {
    const { retentionDays: days, retentionRuns: runsPerJob } = settings
    const purged = await purge(database.kysely, { days, runsPerJob }, signal)
    await database.maintain()
    return { text: `Dropped runs: ${purged.runs}, results: ${purged.results}, evidence: ${purged.evidence}.` }
  },

  async ReportDataSynchronizationJob({ database, reporting, log }, signal) {
    if (reporting === undefined) return { text: 'No reporting database is configured. Set REPORTING_DATABASE_URL.' }
    try {
      const runs = await synchronise(database, await reporting.database(), signal)
      return { text: `Runs brought to the reporting database: ${runs.length}.` }
    } catch (error) {
      if (signal.aborted) throw error
      // Whoever asked is told now; what waits is brought over by the next synchronisation.
      log.error({ err: error }, 'the reporting database cannot be used')
      const why = error instanceof Error ? error.message : String(error)
      const { waiting } = await synchronisationState(database.kysely)
      return {
        status: 'Failed',
        text: `The reporting database cannot be used: ${why}. Runs that wait for it: ${waiting}.`,
      }
    }
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
    const { text, status = 'Completed' }: Done =
      work === undefined
        ? { text: `Jobs of the type ${type} do nothing in this version.` }
        : await work(context, AbortSignal.any([signal, stop.signal]))
    await database.kysely.transaction().execute(async (tx) => {
      const locked = await lockRun(tx, runId)
      if (locked?.status !== 'Executing') return
      await addRunMessage(tx, { runId, phase: 'run', text })
      await closeRun(context, tx, locked, status, {})
    })
  } catch (error) {
    if (!stop.signal.aborted) throw error
    await finishRun(context, { runId, force: true })
  } finally {
    stop.release()
  }
}
