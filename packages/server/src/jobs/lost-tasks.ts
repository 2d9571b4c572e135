import { sql } from 'kysely'
import type { Database, Transaction } from '../db/database.ts'
import { collectionLimitMs, isJobType, jobRunLimitMs } from './job-definition.ts'
import type { JobDefinition } from './job-definition.ts'
import type { Queue } from './queue.ts'
import { addRunMessage, priorityOf } from './run-requests.ts'
import { hasWaitingAssets, lockRun } from './run-transitions.ts'
import type { RunRow } from './run-transitions.ts'
import { hasEnded } from './states.ts'
import type { AssetState } from './states.ts'

/*
 * Every run that has not ended has a task in the queue that takes it further, from the transaction that makes the run to the
 * one that ends it. A row of the queue can be lost all the same: one that waited for thirty days is dropped, a table can be
 * restored from an older copy, a burial can fail at every try. Our own rows say how far the run is, so what it has lost is
 * made again from them.
 */

/** Each serving process looks: whoever is second finds the tasks of the first. */
export async function restoreLostTasks(
  database: Database,
  queue: Queue,
): Promise<{ readonly runs: number; readonly notifications: number }> {
  let runs = 0
  for (const runId of await runsWithoutTasks(database)) {
    const restored = await database.kysely.transaction().execute((tx) => restoreRun(tx, queue, runId))
    if (restored) runs += 1
  }
  const notifications = await database.kysely.transaction().execute((tx) => restoreNotifications(tx, queue))
  return { runs, notifications }
}

interface TasksOfRun {
  /** Any that takes the run further. */
  readonly steps: boolean
  /** The ones that come due with its time limits. */
  readonly runLimit: boolean
  readonly collectionLimit: boolean
}

/**
 * Runs that have no task that takes them further, or lack a time limit: it may never fall due, and is looked at more closely.
 * The limit of the collection has done its work when no asset waits any more.
 */
async function runsWithoutTasks(database: Database): Promise<readonly string[]> {
  const { rows } = await sql<{ id: string }>`
    with tasks as (
      select data ->> 'runId' as run_id, ${kindsOfTasks} from pgboss.job where state < 'completed' group by 1
    )
    select id from job_runs left join tasks on tasks.run_id = job_runs.id::text
    where job_runs.ended_at is null and (steps is not true or (status = 'Executing' and (
      ("runLimit" is not true and snapshot #>> '{definition,schedule,endJobRunConfigured}' = 'true')
      or ("collectionLimit" is not true and snapshot ->> 'type' = 'CollectionEvaluationJob'
        and not snapshot @> '{"definition": {"collectionOnlyTimeOutHours": 0, "collectionOnlyTimeOutMins": 0}}'
        and exists (select from run_assets
          where run_id = job_runs.id and run_assets.ended_at is null and state = 'waiting')))))`.execute(
    database.kysely,
  )
  return rows.map(({ id }) => id)
}

const kindsOfTasks = sql`
  coalesce(bool_or(name not in ('end-run', 'end-collection')), false) as steps,
  coalesce(bool_or(name = 'end-run'), false) as "runLimit",
  coalesce(bool_or(name = 'end-collection'), false) as "collectionLimit"`

async function restoreRun(tx: Transaction, queue: Queue, runId: string): Promise<boolean> {
  const run = await lockRun(tx, runId)
  if (run === undefined || hasEnded(run.status)) return false
  const has = await tasksOf(tx, runId)
  const restored = [
    run.status === 'Executing' && !has.runLimit && (await restoreRunLimit(tx, queue, run)),
    run.status === 'Executing' && !has.collectionLimit && (await restoreCollectionLimit(tx, queue, run)),
    !has.steps && (await restoreSteps(tx, queue, run)),
  ]
  if (!restored.includes(true)) return false
  await noteRestored(tx, runId)
  return true
}

/** Makes the tasks of all assets of a locked run that are open; those that have theirs find nothing left to do in a second one. */
export async function restoreOpenAssets(tx: Transaction, queue: Queue, { id, trigger }: RunRow): Promise<void> {
  await restoreAssets(tx, queue, id, priorityOf(trigger))
  await noteRestored(tx, id)
}

async function noteRestored(tx: Transaction, runId: string): Promise<void> {
  const text = 'Tasks of this run were lost from the queue; they were made again.'
  await addRunMessage(tx, { runId, phase: 'run', text })
}

async function tasksOf(tx: Transaction, runId: string): Promise<TasksOfRun> {
  const { rows } = await sql<TasksOfRun>`
    select ${kindsOfTasks} from pgboss.job where state < 'completed' and data ->> 'runId' = ${runId}`.execute(tx)
  return rows[0] ?? { steps: false, runLimit: false, collectionLimit: false }
}

async function restoreRunLimit(tx: Transaction, queue: Queue, run: RunRow): Promise<boolean> {
  const limitMs = jobRunLimitMs(snapshotOf(run).definition)
  if (limitMs === undefined) return false
  await queue.enqueue(tx, 'end-run', { runId: run.id }, { startAfterSeconds: secondsLeft(run, limitMs) })
  return true
}

async function restoreCollectionLimit(tx: Transaction, queue: Queue, run: RunRow): Promise<boolean> {
  const limitMs = collectionLimitMs(snapshotOf(run))
  if (limitMs === undefined || !(await hasWaitingAssets(tx, run.id))) return false
  await queue.enqueue(tx, 'end-collection', { runId: run.id }, { startAfterSeconds: secondsLeft(run, limitMs) })
  return true
}

function secondsLeft({ elapsedMs }: RunRow, limitMs: number): number {
  return Math.max(0, Math.ceil((limitMs - (elapsedMs ?? 0)) / 1000))
}

async function restoreSteps(tx: Transaction, queue: Queue, run: RunRow): Promise<boolean> {
  const { id: runId, status, trigger } = run
  const priority = priorityOf(trigger)
  if (status === 'Queued') await queue.enqueue(tx, 'start-run', { runId }, { priority })
  else if (status === 'Aborting') await queue.enqueue(tx, 'finish-run', { runId, force: true }, { priority })
  else if (isJobType(snapshotOf(run).type)) await restoreAssets(tx, queue, runId, priority)
  else await queue.enqueue(tx, 'system-job', { runId }, { priority })
  return true
}

const stepOfAsset: { readonly [State in AssetState]?: 'collect-asset' | 'evaluate-asset' } = {
  waiting: 'collect-asset',
  collecting: 'collect-asset',
  collected: 'evaluate-asset',
  evaluating: 'evaluate-asset',
}

async function restoreAssets(tx: Transaction, queue: Queue, runId: string, priority: number): Promise<void> {
  const open = await tx
    .selectFrom('run_assets')
    .select(['asset_id', 'state'])
    .where('run_id', '=', runId)
    .where('ended_at', 'is', null)
    .execute()
  if (open.length === 0) return queue.enqueue(tx, 'finish-run', { runId }, { priority })
  const byStep = Map.groupBy(open, ({ state }) => stepOfAsset[state as AssetState])
  for (const step of ['collect-asset', 'evaluate-asset'] as const) {
    await queue.enqueueMany(
      tx,
      step,
      (byStep.get(step) ?? []).map(({ asset_id: assetId }) => ({
        data: { runId, assetId },
        priority,
        ...(step === 'collect-asset' ? { key: assetId } : {}),
      })),
    )
  }
  // A start that had not come to all of its assets does not make these again.
  await sql`
    update job_runs set tasks_made = greatest(tasks_made, (select count(*) from run_assets where run_id = ${runId}::uuid))
    where id = ${runId}::uuid`.execute(tx)
}

/** What of the outbox nobody would send any more. */
async function restoreNotifications(tx: Transaction, queue: Queue): Promise<number> {
  const unsent = (lock = sql``) => sql<{ id: string }>`
    select id from outbox where sent_at is null and given_up_at is null and id::text not in (
      select data ->> 'outboxId' from pgboss.job where state < 'completed' and data ? 'outboxId')
    ${lock}`
  if ((await unsent(sql`for update`).execute(tx)).rows.length === 0) return 0
  // Whoever was first has made the tasks of some before it let go of them.
  const { rows } = await unsent().execute(tx)
  await queue.enqueueMany(
    tx,
    'notify',
    rows.map(({ id: outboxId }) => ({ data: { outboxId } })),
  )
  return rows.length
}

function snapshotOf({ snapshot }: Pick<RunRow, 'snapshot'>): {
  readonly type: string
  readonly definition: JobDefinition
} {
  // Written by run-requests.ts, in this shape.
  return snapshot as { readonly type: string; readonly definition: JobDefinition }
}
