import { sql } from 'kysely'
import type { Kysely } from 'kysely'
import type { Tables, Traffic } from '../db/schema.ts'
import { notRun } from '../jobs/states.ts'
import type { AssetState, RunStatus } from '../jobs/states.ts'

/** A run as it is shown. */
export interface Run {
  readonly id: string
  readonly jobId: string
  readonly jobName: string
  readonly status: RunStatus
  readonly trigger: string
  readonly requestedBy: string
  readonly queuedAt: string
  readonly startedAt: string | null
  readonly endedAt: string | null
}

/** A job's runs, newest first; `count` 0 is all of them. Uses job_runs_latest. */
export async function latestRuns(db: Kysely<Tables>, jobId: string, count: number): Promise<Run[]> {
  const query = runs(db).where('job_id', '=', jobId).orderBy('queued_at', 'desc').orderBy('id', 'desc')
  return (await (count === 0 ? query : query.limit(count)).execute()).map(asRun)
}

export async function findRun(db: Kysely<Tables>, runId: string): Promise<Run | undefined> {
  const row = await runs(db).where('id', '=', runId).executeTakeFirst()
  return row === undefined ? undefined : asRun(row)
}

/** The status and start of each job's last run, for lists of jobs; a job without a run is not in the map. */
export async function lastRunOfJobs(
  db: Kysely<Tables>,
  jobIds: readonly string[],
): Promise<ReadonlyMap<string, { readonly status: RunStatus; readonly at: string }>> {
  if (jobIds.length === 0) return new Map()
  const rows = await db
    .selectFrom('job_runs')
    .distinctOn('job_id')
    .select(['job_id', 'status', 'queued_at', 'started_at'])
    .where('job_id', 'in', jobIds)
    .orderBy('job_id')
    .orderBy('queued_at', 'desc')
    .orderBy('id', 'desc')
    .execute()
  return new Map(
    // The column holds nothing but statuses: only the moves of states.ts write it.
    rows.map((row) => [row.job_id, { status: row.status as RunStatus, at: row.started_at ?? row.queued_at }]),
  )
}

/** The first and the last occurrence of each job that was skipped since its last run was asked for; most have none. */
export async function skipsOfJobs(
  db: Kysely<Tables>,
  jobIds: readonly string[],
): Promise<ReadonlyMap<string, { readonly from: string; readonly to: string }>> {
  const { rows } = await sql<{ job_id: string; from: string; to: string }>`
    select job_id, min(due_at) as "from", max(last_due_at) as "to" from job_skips
    where job_id = any(${jobIds}::uuid[]) group by job_id`.execute(db)
  return new Map(rows.map(({ job_id: jobId, ...skipped }) => [jobId, skipped]))
}

export function lastRunStatus(last: { readonly status: RunStatus } | undefined): RunStatus | typeof notRun {
  return last?.status ?? notRun
}

export interface RunMessageRow {
  readonly runId: string
  readonly at: string
  readonly assetId: string | null
  readonly assetName: string | null
  readonly phase: string
  readonly text: string
}

/** Messages of runs, in the order in which they were written. */
export async function runMessages(db: Kysely<Tables>, runIds: readonly string[]): Promise<RunMessageRow[]> {
  if (runIds.length === 0) return []
  const rows = await db
    .selectFrom('job_run_messages')
    .leftJoin('assets', 'assets.id', 'job_run_messages.asset_id')
    .select(['run_id', 'at', 'asset_id', 'assets.display_name as asset_name', 'phase', 'text'])
    .where('run_id', 'in', runIds)
    .orderBy('run_id')
    .orderBy('seq')
    .execute()
  return rows.map((row) => ({
    runId: row.run_id,
    at: row.at,
    assetId: row.asset_id,
    assetName: row.asset_name,
    phase: row.phase,
    text: row.text,
  }))
}

export interface RunAsset {
  readonly assetId: string
  readonly name: string
  readonly state: AssetState
  readonly attempt: number
  readonly reason: string | null
  readonly message: string | null
  readonly evidenceId: string | null
  readonly traffic: Traffic | null
  readonly startedAt: string | null
  readonly endedAt: string | null
}

/** The assets of a run by id, one page after `afterAssetId`. */
export async function runAssets(
  db: Kysely<Tables>,
  runId: string,
  page: { readonly afterAssetId?: string; readonly limit: number },
): Promise<RunAsset[]> {
  const query = db
    .selectFrom('run_assets')
    .innerJoin('assets', 'assets.id', 'run_assets.asset_id')
    .select([
      'asset_id',
      'display_name',
      'state',
      'attempt',
      'reason',
      'message',
      'evidence_id',
      'traffic',
      'started_at',
      'ended_at',
    ])
    .where('run_id', '=', runId)
    .orderBy('asset_id')
    .limit(page.limit)
  const rows = await (
    page.afterAssetId === undefined ? query : query.where('asset_id', '>', page.afterAssetId)
  ).execute()
  return rows.map((row) => ({
    assetId: row.asset_id,
    name: row.display_name,
    state: row.state as AssetState,
    attempt: row.attempt,
    reason: row.reason,
    message: row.message,
    evidenceId: row.evidence_id,
    traffic: row.traffic,
    startedAt: row.started_at,
    endedAt: row.ended_at,
  }))
}

/** How many assets of a run are in which state; a state that none is in is not there. */
export type RunAssetCounts = Readonly<Partial<Record<AssetState, number>>>

export async function countRunAssets(db: Kysely<Tables>, runId: string): Promise<RunAssetCounts> {
  const rows = await db
    .selectFrom('run_assets')
    .select(['state', sql<number>`count(*)::integer`.as('count')])
    .where('run_id', '=', runId)
    .groupBy('state')
    .execute()
  return Object.fromEntries(rows.map(({ state, count }) => [state, count]))
}

/** Of all assets of a run that were read over a network; null when none was. */
export async function sumTraffic(
  db: Kysely<Tables>,
  runId: string,
): Promise<(Traffic & { readonly assets: number }) | null> {
  const sum = (name: keyof Traffic) => sql`coalesce(sum((traffic ->> ${sql.lit(name)})::bigint), 0)::float8`
  const { rows } = await sql<Traffic & { assets: number }>`
    select count(*)::int as assets, ${sum('roundTrips')} as "roundTrips", ${sum('bytesSent')} as "bytesSent",
      ${sum('bytesReceived')} as "bytesReceived"
    from run_assets where run_id = ${runId} and traffic is not null`.execute(db)
  const [total] = rows
  return total === undefined || total.assets === 0 ? null : total
}

function runs(db: Kysely<Tables>) {
  return db
    .selectFrom('job_runs')
    .select([
      'id',
      'job_id',
      sql<string>`snapshot ->> 'name'`.as('job_name'),
      'status',
      'trigger',
      'requested_by',
      'queued_at',
      'started_at',
      'ended_at',
    ])
}

function asRun(row: Awaited<ReturnType<ReturnType<typeof runs>['execute']>>[number]): Run {
  return {
    id: row.id,
    jobId: row.job_id,
    jobName: row.job_name,
    status: row.status as RunStatus,
    trigger: row.trigger,
    requestedBy: row.requested_by,
    queuedAt: row.queued_at,
    startedAt: row.started_at,
    endedAt: row.ended_at,
  }
}
