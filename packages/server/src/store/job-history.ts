import { sql } from 'kysely'
import type { Kysely } from 'kysely'
import type { Tables } from '../db/schema.ts'

/** The embedded database does one statement at a time, so everybody else waits for this one; about that long. */
const fairMs = 200

/**
 * Deletes the runs of a job that have ended, with their results and their mail; answers how many. Each goes whole, the oldest
 * first, in statements of so many assets that nobody waits long for one, and of one run at least: interrupted, the history is
 * shorter and nothing else.
 */
export async function deleteHistory(db: Kysely<Tables>, jobId: string): Promise<number> {
  let runs = 0
  for (let assets = 1000; ;) {
    const began = performance.now()
    const deleted = await deleteOldest(db, jobId, assets)
    if (deleted === 0) return runs
    runs += deleted
    const tookMs = performance.now() - began
    if (tookMs < fairMs / 2) assets *= 2
    else if (tookMs > fairMs) assets = Math.ceil(assets / 2)
  }
}

const mostRuns = 500

/** Uses job_runs_latest, and run_assets by its key. */
async function deleteOldest(db: Kysely<Tables>, jobId: string, assets: number): Promise<number> {
  const { numAffectedRows = 0n } = await sql`
    delete from job_runs where id in (
      select id from (
        select id, row_number() over oldest_first as place,
          sum((select count(*) from run_assets where run_id = oldest.id)) over oldest_first as assets
        from (
          select id, queued_at from job_runs where job_id = ${jobId} and ended_at is not null
          order by queued_at, id limit ${mostRuns}) as oldest
        window oldest_first as (order by queued_at, id)
      ) as counted
      where place = 1 or assets <= ${assets}::integer)`.execute(db)
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
