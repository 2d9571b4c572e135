import { sql } from 'kysely'
import type { Kysely, RawBuilder } from 'kysely'
import type { Transaction } from '../db/database.ts'
import type { Tables, Traffic } from '../db/schema.ts'
import type { Queue } from './queue.ts'
import { priorityOf } from './run-requests.ts'
import type { RunTrigger } from './run-requests.ts'
import { assetStatesBefore, leftAssetStates, openAssetStates, runStatusesBefore } from './states.ts'
import type { AssetState, RunStatus } from './states.ts'

/*
 * The moves of a run and of its assets, each one statement that holds only in the state it leaves. `false` or
 * `undefined` means that somebody else has moved it: the task that asked has nothing left to do.
 */

export interface RunRow {
  readonly id: string
  readonly jobId: string
  readonly status: RunStatus
  readonly ending: 'aborted' | 'timed out' | null
  readonly trigger: RunTrigger
  readonly startedAt: string | null
  /** Since the start, by the database's clock. */
  readonly elapsedMs: number | null
  readonly snapshot: object
}

const runColumns = [
  'id',
  'job_id',
  'status',
  'ending',
  'trigger',
  'started_at',
  'snapshot',
  sql<number | null>`(extract(epoch from now() - started_at) * 1000)::double precision`.as('elapsed_ms'),
] as const

export async function findRunRow(db: Kysely<Tables>, runId: string): Promise<RunRow | undefined> {
  const row = await db.selectFrom('job_runs').select(runColumns).where('id', '=', runId).executeTakeFirst()
  return row === undefined ? undefined : asRunRow(row)
}

export async function findRunRows(db: Kysely<Tables>, runIds: readonly string[]): Promise<RunRow[]> {
  const rows = await db.selectFrom('job_runs').select(runColumns).where('id', 'in', runIds).execute()
  return rows.map(asRunRow)
}

/** Whoever stops one must not wait. For a database's maintenance. */
export const executingRuns = 'select from job_runs where started_at is not null and ended_at is null limit 1'

/** One, and nobody else can end the run until this transaction is over; its assets go on. */
export async function lockRun(tx: Transaction, runId: string): Promise<RunRow | undefined> {
  const row = await tx
    .selectFrom('job_runs')
    .select(runColumns)
    .where('id', '=', runId)
    // Not `for update`: results and messages refer to the run and must not wait for it.
    .forNoKeyUpdate()
    .executeTakeFirst()
  return row === undefined ? undefined : asRunRow(row)
}

/** Some of a run's assets in the order of their tasks: the place of the first of them, and the turn of the first of all. */
export interface RunPart {
  readonly from: number
  readonly firstTurn: number
}

/**
 * Begins those of the runs that are queued; answers with the first part of each. `tasks`: for how many assets of a run this
 * transaction makes a task; `takePart` takes those that follow. A run that another transaction has `locked` is waited for,
 * or left out: then this one, which has several, waits for none while it holds others.
 */
export async function beginRuns(
  tx: Transaction,
  runs: readonly { readonly id: string; readonly snapshot: object }[],
  {
    tasks,
    firstTurn,
    locked,
  }: { readonly tasks: number; readonly firstTurn: RawBuilder<number> | number; readonly locked: 'skip' | 'wait' },
): Promise<ReadonlyMap<string, RunPart>> {
  const { rows } = await sql<{ id: string; first_turn: number }>`
    with queued as materialized (
      select id from job_runs
      where id = any(${runs.map(({ id }) => id)}::uuid[]) and status = any(${runStatusesBefore('Executing')}::text[])
      for no key update ${locked === 'skip' ? sql`skip locked` : sql``})
    update job_runs set status = ${'Executing' satisfies RunStatus}, started_at = now(), snapshot = sent.snapshot,
      tasks_made = ${tasks}, first_turn = ${firstTurn}
    from queued join jsonb_to_recordset(${JSON.stringify(runs)}::jsonb) as sent (id uuid, snapshot jsonb)
      on sent.id = queued.id
    where job_runs.id = queued.id
    returning job_runs.id, first_turn`.execute(tx)
  return new Map(rows.map((row) => [row.id, { from: 0, firstTurn: row.first_turn }]))
}

/**
 * Takes the next `size` of a run's `count` assets, to make their tasks in this transaction. `undefined`: all have their
 * task, or the run is to stop.
 */
export async function takePart(
  tx: Transaction,
  runId: string,
  { size, count }: { readonly size: number; readonly count: number },
): Promise<RunPart | undefined> {
  const row = await tx
    .updateTable('job_runs')
    .set({ tasks_made: sql`tasks_made + ${size}::integer` })
    .where('id', '=', runId)
    .where('status', '=', 'Executing')
    .where('tasks_made', '<', count)
    .returning(['tasks_made', 'first_turn'])
    .executeTakeFirst()
  return row === undefined ? undefined : { from: row.tasks_made - size, firstTurn: row.first_turn }
}

export async function endRun(
  tx: Transaction,
  runId: string,
  status: RunStatus,
  synchronise: boolean,
): Promise<{ readonly endedAt: string } | undefined> {
  const row = await tx
    .updateTable('job_runs')
    .set({ status, synchronise, ended_at: sql`now()` })
    .where('id', '=', runId)
    .where('status', 'in', runStatusesBefore(status))
    .returning('ended_at')
    .executeTakeFirst()
  // The statement has just set it.
  return row === undefined ? undefined : { endedAt: row.ended_at ?? '' }
}

export interface AssetKey {
  readonly runId: string
  readonly assetId: string
}

/** An asset as one try holds it. */
export interface ClaimedAsset extends AssetKey {
  readonly attempt: number
  readonly evidenceId: string | null
  /** Why collection failed, when it did. */
  readonly reason: string | null
  readonly message: string | null
}

/** Takes an asset for one try at collecting or evaluating it, from whichever try had it before. */
export async function claimAsset(
  db: Kysely<Tables>,
  { runId, assetId }: AssetKey,
  to: 'collecting' | 'evaluating',
): Promise<ClaimedAsset | undefined> {
  const row = await db
    .updateTable('run_assets')
    .set({ state: to, attempt: sql`attempt + 1`, started_at: sql`coalesce(run_assets.started_at, now())` })
    .from('job_runs')
    .whereRef('job_runs.id', '=', 'run_assets.run_id')
    .where('job_runs.status', '=', 'Executing')
    .where('run_id', '=', runId)
    .where('asset_id', '=', assetId)
    .where('state', 'in', assetStatesBefore(to))
    .returning(['attempt', 'evidence_id', 'reason', 'message'])
    .executeTakeFirst()
  if (row === undefined) return undefined
  const { attempt, evidence_id: evidenceId, reason, message } = row
  return { runId, assetId, attempt, evidenceId, reason, message }
}

export interface AssetOutcome {
  readonly evidenceId?: string
  readonly reason?: string
  readonly message?: string
  /** Undefined where it was not reached over a network. */
  readonly traffic?: Traffic | undefined
}

/**
 * Moves an asset that this try still holds. Results and whatever else goes with the move are of the same transaction, and
 * rolled back when the answer is false. A move that ends the asset is followed, after the commit, by `finishRunIfDone`.
 */
export async function moveAsset(
  db: Kysely<Tables>,
  { runId, assetId, attempt }: AssetKey & { readonly attempt: number },
  to: AssetState,
  outcome: AssetOutcome = {},
): Promise<boolean> {
  const row = await db
    .updateTable('run_assets')
    .set({
      state: to,
      ended_at: openAssetStates.includes(to) ? null : sql`now()`,
      ...(outcome.evidenceId === undefined ? {} : { evidence_id: outcome.evidenceId }),
      ...(outcome.reason === undefined ? {} : { reason: outcome.reason }),
      ...(outcome.message === undefined ? {} : { message: outcome.message }),
      ...(outcome.traffic === undefined ? {} : { traffic: JSON.stringify(outcome.traffic) }),
    })
    .where('run_id', '=', runId)
    .where('asset_id', '=', assetId)
    .where('attempt', '=', attempt)
    .where('state', 'in', assetStatesBefore(to))
    .returning('asset_id')
    .executeTakeFirst()
  return row !== undefined
}

/** Moves up to `count` of a run's assets that wait to be collected on to their evaluation; answers with these. */
export async function endWaiting(
  tx: Transaction,
  runId: string,
  { reason, message }: Required<Pick<AssetOutcome, 'message' | 'reason'>>,
  count: number,
): Promise<string[]> {
  const rows = await tx
    .updateTable('run_assets')
    .set({ state: 'collected' satisfies AssetState, reason, message })
    .where('run_id', '=', runId)
    .where('asset_id', 'in', (where) =>
      where
        .selectFrom('run_assets')
        .select('asset_id')
        .where('run_id', '=', runId)
        .where('ended_at', 'is', null)
        .where('state', '=', 'waiting' satisfies AssetState)
        .limit(count)
        .forUpdate(),
    )
    .returning('asset_id')
    .execute()
  return rows.map((row) => row.asset_id)
}

/** Ends every asset of a run that is still open, whoever holds it. */
export async function endOpenAssets(
  tx: Transaction,
  runId: string,
  to: 'failed' | 'aborted' | 'timed out',
  message?: string,
): Promise<void> {
  await tx
    .updateTable('run_assets')
    .set({
      state: to,
      attempt: sql`attempt + 1`,
      reason: sql`coalesce(reason, ${to})`,
      message: sql`coalesce(message, ${message ?? null})`,
      ended_at: sql`now()`,
    })
    .where('run_id', '=', runId)
    .where('ended_at', 'is', null)
    .where('state', 'in', assetStatesBefore(to))
    .execute()
}

/** Ends an asset of a run that is being stopped and that nobody holds: who had it when the stop came has put it back. */
export async function endLeftAsset(db: Kysely<Tables>, { runId, assetId }: AssetKey): Promise<boolean> {
  const { numAffectedRows } = await sql`
    update run_assets set state = ending, reason = ending, ended_at = now()
    from job_runs
    where job_runs.id = run_id and status = ${'Aborting' satisfies RunStatus} and run_id = ${runId}
      and asset_id = ${assetId} and state in (${sql.join(leftAssetStates)})`.execute(db)
  return numAffectedRows === 1n
}

export async function hasOpenAssets(tx: Transaction, runId: string): Promise<boolean> {
  return hasAssets(tx, runId, openAssetStates)
}

export async function hasWaitingAssets(tx: Transaction, runId: string): Promise<boolean> {
  return hasAssets(tx, runId, ['waiting'])
}

async function hasAssets(tx: Transaction, runId: string, openStates: readonly AssetState[]): Promise<boolean> {
  const row = await tx
    .selectFrom('run_assets')
    .select('asset_id')
    .where('run_id', '=', runId)
    .where('ended_at', 'is', null)
    .where('state', 'in', openStates)
    .limit(1)
    .executeTakeFirst()
  return row !== undefined
}

/**
 * Enqueues the end of a run when no asset of it is open any more. Call it outside of the transaction that ended an asset,
 * when that is committed, and as part of the same task: assets end without waiting for each other, and yet one of them sees
 * that it was the last. Of two that end at once, the one that was committed later finds both ended. Both may, and ask for
 * the end twice: `finish-run` locks the run and ends it once. A process that dies before it has looked is followed by the
 * next try of its task, or by the task's burial, and these look too when they find nothing left to do.
 */
export async function finishRunIfDone(queue: Queue, db: Kysely<Tables>, runId: string): Promise<void> {
  const run = await db
    .selectFrom('job_runs')
    .select('trigger')
    .where('id', '=', runId)
    .where('status', 'in', ['Executing', 'Aborting'] satisfies RunStatus[])
    .where((where) => {
      const open = where.selectFrom('run_assets').whereRef('run_id', '=', 'job_runs.id').where('ended_at', 'is', null)
      return where.not(where.exists(open.select('asset_id')))
    })
    .executeTakeFirst()
  if (run === undefined) return
  // Only the statements of run-requests.ts write this column.
  const priority = priorityOf(run.trigger as RunTrigger)
  await queue.enqueue(db, 'finish-run', { runId }, { priority })
}

function asRunRow(row: {
  id: string
  job_id: string
  status: string
  ending: 'aborted' | 'timed out' | null
  trigger: string
  started_at: string | null
  elapsed_ms: number | null
  snapshot: object
}): RunRow {
  return {
    id: row.id,
    jobId: row.job_id,
    // Only the moves of states.ts write these columns.
    status: row.status as RunStatus,
    ending: row.ending,
    trigger: row.trigger as RunTrigger,
    startedAt: row.started_at,
    elapsedMs: row.elapsed_ms,
    snapshot: row.snapshot,
  }
}
