import { readGroupExpression } from '../api/asset-expression.ts'
import { messageOf } from '../db/database-error.ts'
import type { Transaction } from '../db/database.ts'
import { addRunMessage } from '../jobs/run-requests.ts'
import { executingRuns, findRunRow, lockRun } from '../jobs/run-transitions.ts'
import { RunStopped } from '../jobs/run-watch.ts'
import { synchroniseExemptions } from '../reporting/present-exemptions.ts'
import { synchronise } from '../reporting/synchronise.ts'
import { synchronisationState } from '../store/reporting.ts'
import { forgetUnusedInventories } from '../store/asset-imports.ts'
import { purge } from '../store/retention.ts'
import { closeRun, finishRun, noteEnd } from './finish-run.ts'
import { runAssetImport } from './asset-import.ts'
import { readSnapshot } from './run-snapshot.ts'
import type { RunSnapshot } from './run-snapshot.ts'
import type { TaskContext } from './task-context.ts'

/** A sentence about what was done, or about why it could not be; and what there is to say of the parts. */
interface Done {
  readonly text: string
  readonly more?: readonly string[]
  readonly status?: 'Completed' | 'Completed with errors' | 'Failed'
}

/** So many are told one by one. */
const mostFailures = 20

interface SystemRun {
  readonly runId: string
  readonly snapshot: RunSnapshot
}

type DoneAtEnd = (tx: Transaction) => Promise<Done>

/** What jobs do that neither collect nor evaluate, by their type; or what they do in the transaction that ends their run. */
const systemJobs: Readonly<
  Record<string, (context: TaskContext, signal: AbortSignal, run: SystemRun) => Promise<Done | DoneAtEnd>>
> = {
  AssetImportJob: (context, signal, { runId, snapshot }) => runAssetImport(context, runId, snapshot, signal),

  async ProductionDataPurgeJob({ database, settings }, signal) {
    const { retentionDays: days, retentionRuns: runsPerJob } = settings
    await forgetUnusedInventories(database.kysely)
    const purged = await purge(database.kysely, { days, runsPerJob }, signal, {
      maintain: () => database.maintain({ signal, busy: executingRuns }),
    })
    return { text: `Dropped runs: ${purged.runs}, results: ${purged.results}, evidence: ${purged.evidence}.` }
  },

  async ReportDataSynchronizationJob({ database, reporting, log }, signal) {
    if (reporting === undefined) return { text: 'No reporting database is configured. Set REPORTING_DATABASE_URL.' }
    try {
      const target = await reporting.database()
      const { brought, failed } = await synchronise(database, target, signal)
      for (const { runId, error } of failed)
        log.warn({ err: error, unreportedRunId: runId }, 'results are not in the reporting database')
      const changed = await synchroniseExemptions(database, target, readGroupExpression, signal)
      const more = [
        ...(changed === 0 ? [] : [`Newest results of assets whose waivers have changed: ${changed}.`]),
        ...failed
          .slice(0, mostFailures)
          .map(({ runId, error }) => `Run ${runId} could not be brought over: ${messageOf(error)}.`),
        ...(failed.length > mostFailures ? [`and ${failed.length - mostFailures} more runs`] : []),
      ]
      return {
        text: `Runs brought to the reporting database: ${brought.length}.`,
        more,
        status: failed.length === 0 ? 'Completed' : 'Completed with errors',
      }
    } catch (error) {
      if (signal.aborted) throw error
      // Whoever asked is told now; what waits is brought over by the next synchronisation.
      log.error({ err: error }, 'the reporting database cannot be used')
      const why = messageOf(error)
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
  const { database, log, watch } = context
  const run = await findRunRow(database.kysely, runId)
  if (run?.status !== 'Executing') return
  const snapshot = readSnapshot(run)
  const { type } = snapshot
  const stop = watch.watch(runId)
  try {
    const work = systemJobs[type]
    const done =
      work === undefined
        ? { text: `Jobs of the type ${type} do nothing in this version.` }
        : await work({ ...context, log: log.child({ runId }) }, AbortSignal.any([signal, stop.signal]), {
            runId,
            snapshot,
          })
    const ended = await database.kysely.transaction().execute(async (tx) => {
      const { text, more = [], status = 'Completed' }: Done = typeof done === 'function' ? await done(tx) : done
      // At last: whoever wants to stop the run does not wait for its work.
      const locked = await lockRun(tx, runId)
      if (locked?.status !== 'Executing') throw new RunStopped()
      for (const one of [text, ...more]) await addRunMessage(tx, { runId, phase: 'run', text: one })
      return closeRun(context, tx, locked, status, {})
    })
    noteEnd(context, ended)
  } catch (error) {
    if (!stop.signal.aborted && !(error instanceof RunStopped)) throw error
    await finishRun(context, { runId, force: true })
  } finally {
    stop.release()
  }
}
