import { sql } from 'kysely'
import type { Kysely } from 'kysely'
import type { Tables } from '../db/schema.ts'

/** The embedded database does one statement at a time, so everybody else waits for this one; about that long. */
const fairMs = 200

/**
 * Deletes the runs of a job that have ended, with their results and their mail; answers how many. Each goes whole, the oldest
 * first, in statements of so many runs that nobody waits long for one: interrupted, the history is shorter and nothing else.
 */
export async function deleteHistory(db: Kysely<Tables>, jobId: string): Promise<number> {
  let runs = 0
  for (let size = 1; ;) {
    const began = performance.now()
    const deleted = await deleteOldest(db, jobId, size)
    runs += deleted
    if (deleted < size) return runs
    const tookMs = performance.now() - began
    if (tookMs < fairMs / 2) size *= 2
    else if (tookMs > fairMs) size = Math.ceil(size / 2)
  }
}

/** Uses job_runs_latest. */
async function deleteOldest(db: Kysely<Tables>, jobId: string, count: number): Promise<number> {
  const { numAffectedRows = 0n } = await sql`
    delete from job_runs where id in (
      select id from job_runs where job_id = ${jobId} and ended_at is not null order by queued_at, id limit ${count})`.execute(
    db,
  )
  return Number(numAffectedRows)
}

export async function countEndedRuns(db: Kysely<Tables>, jobId: string): Promise<number> {
  const { count } = await db
    .selectFrom('job_runs')
    .select(sql<number>`count(*)::int`.as('count'))
    .where('job_id', '=', jobId)
    .where('ended_at', 'is not', null)
    .executeTakeFirstOrThrow()
  return count
}
