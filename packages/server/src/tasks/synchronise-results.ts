import { sql } from 'kysely'
import { messageOf } from '../db/database-error.ts'
import type { Transaction } from '../db/database.ts'
import type { Attempt } from '../jobs/queue.ts'
import { addRunMessage } from '../jobs/run-requests.ts'
import { synchronise } from '../reporting/synchronise.ts'
import { runsToSynchronise } from '../store/reporting.ts'
import { runMessages } from '../store/runs.ts'
import type { TaskContext } from './task-context.ts'

/**
 * Brings everything that belongs in the reporting database there, this run's results and what an outage left behind. Of
 * runs that cannot be brought over, the last try says so in each, and puts them off.
 */
export async function synchroniseResults(
  context: TaskContext,
  { signal, isLast }: Pick<Attempt, 'isLast' | 'signal'>,
): Promise<void> {
  const { database, queue, reporting, log } = context
  if (reporting === undefined) return
  // The reporting database is opened for work only.
  if ((await runsToSynchronise(database.kysely, 1)).length === 0) return
  const { brought, failed } = await synchronise(database, await reporting.database(), signal)
  if (brought.length > 0) log.info({ runs: brought.length, runIds: brought }, 'results are in the reporting database')
  for (const { runId, error } of failed) log.warn({ err: error, runId }, 'results are not in the reporting database')
  if (failed.length === 0) return
  if (!isLast) throw new Error(`runs that could not be brought to the reporting database: ${failed.length}`)
  await database.kysely.transaction().execute(async (tx) => {
    for (const { runId, error } of failed) {
      const text = `The results could not be brought to the reporting database: ${messageOf(error)}. They are tried again; see the log.`
      await tellOnce(tx, runId, text)
    }
    await tryLater({ queue }, tx)
  })
}

/** Of the reporting database as a whole, when it failed at every try. */
export async function noteMissingReports({ database, queue }: TaskContext, error: string): Promise<void> {
  const text = `The results could not be brought to the reporting database yet: ${error}. They will be when it is there again.`
  await database.kysely.transaction().execute(async (tx) => {
    for (const runId of await runsToSynchronise(tx, 100)) await tellOnce(tx, runId, text)
    await tryLater({ queue }, tx)
  })
}

/** However long it lasts; the results are tried for until they are there. */
async function tellOnce(tx: Transaction, runId: string, text: string): Promise<void> {
  const told = await runMessages(tx, [runId])
  if (!told.some(({ phase }) => phase === 'reporting')) await addRunMessage(tx, { runId, phase: 'reporting', text })
}

const nextTrySeconds = 900

/** One task is enough for all: each run that ends while something waits would add one more. */
async function tryLater({ queue }: Pick<TaskContext, 'queue'>, tx: Transaction): Promise<void> {
  const { rows } = await sql`
    select from pgboss.job where name = 'synchronise' and state = 'created' and start_after > now() limit 1`.execute(tx)
  if (rows.length > 0) return
  await queue.enqueue(tx, 'synchronise', {}, { key: 'reporting', startAfterSeconds: nextTrySeconds })
}
