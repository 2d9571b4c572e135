import { synchronise } from '../reporting/synchronise.ts'
import { runsToSynchronise } from '../store/reporting.ts'
import type { TaskContext } from './task-context.ts'

/** Brings everything that belongs in the reporting database there, this run's results and what an outage left behind. */
export async function synchroniseResults(
  { database, reporting, log }: TaskContext,
  { signal }: { readonly signal: AbortSignal },
): Promise<void> {
  if (reporting === undefined) return
  // The reporting database is opened for work only.
  if ((await runsToSynchronise(database.kysely, 1)).length === 0) return
  const runIds = await synchronise(database, await reporting.database(), signal)
  if (runIds.length > 0) log.info({ runs: runIds.length }, 'results are in the reporting database')
}
