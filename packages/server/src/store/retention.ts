import { sql } from 'kysely'
import type { Kysely } from 'kysely'
import type { Tables } from '../db/schema.ts'
import { forgetUnusedDetails } from './results.ts'

export interface Retention {
  readonly days: number
  /** Of one job, the newest so many runs are kept at most. */
  readonly runsPerJob: number
}

export interface Purged {
  readonly runs: number
  readonly results: number
  readonly evidence: number
}

const defaultBatch = 500
/** After so many batches the space is put in order, so that this does not become long work. */
const batchesToMaintain = 20

/**
 * Drops what is older than the retention, a batch a statement, so that nothing waits for it long; interrupted, the next
 * one goes on. What is kept whatever its age: the last run of each job, the newest evidence of each asset, and evidence
 * that a result rests on which is kept: without it nobody could say why two results differ.
 */
export async function purge(
  db: Kysely<Tables>,
  retention: Retention,
  signal: AbortSignal,
  { batch = defaultBatch, maintain }: { readonly batch?: number; readonly maintain?: () => Promise<void> } = {},
): Promise<Purged> {
  let batches = 0
  const repeat = async (drop: () => Promise<number>): Promise<number> => {
    for (let total = 0; ;) {
      signal.throwIfAborted()
      const dropped = await drop()
      total += dropped
      if (dropped === 0) return total
      batches += 1
      if (batches % batchesToMaintain === 0) await maintain?.()
    }
  }
  const results = await repeat(() => dropRowsOfRuns(db, 'results', retention, batch))
  for (const table of ['run_assets', 'job_run_messages', 'outbox'] as const) {
    await repeat(() => dropRowsOfRuns(db, table, retention, batch))
  }
  const runs = await repeat(() => dropRuns(db, retention, batch))
  const evidence = await repeat(() => dropEvidence(db, retention, batch))
  await repeat(() => forgetUnusedDetails(db, batch))
  await maintain?.()
  return { runs, results, evidence }
}

/**
 * Runs that ended before the retention began or that have too many newer ones, but never a job's last. Their number alone
 * drops none whose results are still to reach the reporting database, or whose mail is still to be sent: an outage lasts.
 */
function expiredRuns({ days, runsPerJob }: Retention) {
  return sql`
    select id from (
      select id, ended_at, row_number() over (partition by job_id order by queued_at desc, id desc) as place,
        synchronise and synchronised_at is null as is_owed
      from job_runs
    ) as placed
    where place > 1 and ended_at is not null
      and (ended_at < now() - make_interval(days => ${days}::integer)
        or place > ${runsPerJob}::bigint and not is_owed and not exists (
          select 1 from outbox where outbox.run_id = placed.id and sent_at is null and given_up_at is null))`
}

const keys = {
  results: ['run_id', 'asset_id', 'standard_id'],
  run_assets: ['run_id', 'asset_id'],
  job_run_messages: ['run_id', 'seq'],
  outbox: ['run_id', 'kind'],
} as const

/** Before their run, because a run of many assets would drop them all in one statement. */
async function dropRowsOfRuns(
  db: Kysely<Tables>,
  table: keyof typeof keys,
  retention: Retention,
  batch: number,
): Promise<number> {
  const [name, key] = [sql.table(table), sql.join(keys[table].map((column) => sql.ref(column)))]
  return count(
    sql`
    delete from ${name} where (${key}) in (
      select ${key} from ${name} where run_id in (${expiredRuns(retention)}) limit ${batch})`.execute(db),
  )
}

async function dropRuns(db: Kysely<Tables>, retention: Retention, batch: number): Promise<number> {
  return count(
    sql`
    delete from job_runs where id in (select id from (${expiredRuns(retention)}) as expired limit ${batch})`.execute(
      db,
    ),
  )
}

/**
 * Evidence, and in the same transaction the packs of those assets that no evidence refers to any more. Evidence that is
 * being added meanwhile refers to packs of the newest, which stays, or to its own, which nobody else can see yet.
 */
async function dropEvidence(db: Kysely<Tables>, { days }: Retention, batch: number): Promise<number> {
  return db.transaction().execute(async (tx) => {
    const { rows } = await sql<{ asset_id: string }>`
      delete from evidence where id in (
        select old.id from evidence as old
        where old.collected_at < now() - make_interval(days => ${days}::integer)
          and exists (
            select 1 from evidence as newer
            where newer.asset_id = old.asset_id and (newer.collected_at, newer.id) > (old.collected_at, old.id))
          and not exists (
            select 1 from results where results.asset_id = old.asset_id and results.evidence_id = old.id)
        limit ${batch})
      returning asset_id`.execute(tx)
    const assetIds = sql.val([...new Set(rows.map(({ asset_id: id }) => id))])
    await sql`
      delete from evidence_packs
      where asset_id = any(${assetIds}::uuid[]) and id not in (
        select (part ->> 'pack')::uuid from evidence cross join jsonb_array_elements(parts) as part
        where asset_id = any(${assetIds}::uuid[]))`.execute(tx)
    return rows.length
  })
}

async function count(done: Promise<{ readonly numAffectedRows?: bigint }>): Promise<number> {
  return Number((await done).numAffectedRows ?? 0n)
}
