import { randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import type { Transaction } from '../db/database.ts'
import type { Queue } from './queue.ts'
import { leftAssetStates, runStatusesBefore } from './states.ts'
import type { RunStatus } from './states.ts'

/** Why a run is made: by a caller, by the job's schedule, or once more for what the last run left incomplete. */
export type RunTrigger = 'request' | 'schedule' | 'sub-schedule'

export interface RunRequest {
  readonly trigger: RunTrigger
  readonly requestedBy: string
  /** The occurrence of the schedule, as the database has it; the same one never makes two runs. */
  readonly dueAt?: string
  /** The run whose incomplete assets are to be run again, and until when that may go on. */
  readonly rerun?: { readonly of: string; readonly until: string | null }
}

export interface RunWish extends RunRequest {
  readonly jobId: string
}

export type RunOutcome = { readonly runId: string } | { readonly refused: 'already-running' }

/** The run that was made, if one was. */
export function runOf(outcome: RunOutcome | undefined): string | undefined {
  return outcome !== undefined && 'runId' in outcome ? outcome.runId : undefined
}

export type AbortOutcome = 'aborting' | 'already-ended' | 'not-found'

/** Runs that somebody waits for go before those of a schedule. */
const priorities: Readonly<Record<RunTrigger, number>> = {
  request: 1_000_000_000,
  'sub-schedule': 0,
  schedule: 0,
}

/** Tasks of a run that somebody asked for are above this, however many turns were before it; see turns.ts. */
export const urgentPriority = priorities.request / 2

export function priorityOf(trigger: RunTrigger): number {
  return priorities[trigger]
}

export async function requestRun(
  queue: Queue,
  tx: Transaction,
  job: { readonly id: string },
  request: RunRequest,
): Promise<RunOutcome> {
  const [run] = await requestRuns(queue, tx, [{ jobId: job.id, ...request }])
  return run === undefined ? { refused: 'already-running' } : { runId: run.runId }
}

/**
 * The runs take their snapshot from the jobs as they are in this transaction. A job with a run under way, or an
 * occurrence that has had its run, meets a unique index and gets none.
 */
export async function requestRuns(
  queue: Queue,
  tx: Transaction,
  wishes: readonly RunWish[],
): Promise<{ readonly jobId: string; readonly runId: string }[]> {
  if (wishes.length === 0) return []
  const triggers = new Map(wishes.map((wish) => [wish.jobId, wish.trigger]))
  const { rows } = await sql<{ id: string; job_id: string }>`
    insert into job_runs (id, job_id, status, trigger, requested_by, due_at, snapshot)
    select wish.run_id, jobs.id, 'Queued', wish.trigger, wish.requested_by, wish.due_at,
      jsonb_build_object(
        'name', jobs.name, 'type', jobs.type, 'createdBy', jobs.created_by,
        'revision', jobs.revision, 'definition', jobs.definition, 'rerun', wish.rerun)
    from jsonb_to_recordset(${JSON.stringify(wishes.map(asRow))}::jsonb)
      as wish (job_id uuid, run_id uuid, trigger text, requested_by text, due_at timestamptz, rerun jsonb)
    join jobs on jobs.id = wish.job_id
    on conflict do nothing
    returning id, job_id`.execute(tx)
  const runs = rows.map((row) => ({ jobId: row.job_id, runId: row.id }))
  await noteSkippedOccurrences(tx, runs)
  await dropReruns(tx, runs)
  await queue.enqueueMany(
    tx,
    'start-run',
    runs.map(({ jobId, runId }) => ({ data: { runId }, priority: priorityOf(triggers.get(jobId) ?? 'request') })),
  )
  return runs
}

export interface AbortWish {
  readonly runId: string
  readonly by: string
}

/** Answers with one outcome for each wish, in their order. */
export async function requestAborts(
  queue: Queue,
  tx: Transaction,
  wishes: readonly AbortWish[],
): Promise<AbortOutcome[]> {
  const runIds = [...new Set(wishes.map(({ runId }) => runId))]
  const stopped = await stopRuns(queue, tx, runIds, 'aborted')
  const texts = new Map(wishes.map(({ runId, by }) => [runId, `The run was aborted by ${by}.`]))
  await addRunMessages(
    tx,
    stopped.map((runId) => ({ runId, phase: 'run', text: texts.get(runId) ?? '' })),
  )
  if (stopped.length === runIds.length) return wishes.map(() => 'aborting')
  const runs = await tx.selectFrom('job_runs').select(['id', 'status']).where('id', 'in', runIds).execute()
  const statuses = new Map(runs.map(({ id, status }) => [id, status]))
  return wishes.map(({ runId }) => {
    const status = statuses.get(runId)
    if (status === undefined) return 'not-found'
    return status === ('Aborting' satisfies RunStatus) ? 'aborting' : 'already-ended'
  })
}

/** When what is left of a stopped run is ended without its workers, at the latest; finish-run.ts does so sooner. */
const stopGraceSeconds = 2

/**
 * Ends the assets that wait and asks the workers of the others to stop; `finish-run` does the rest. Answers with the runs
 * that are stopped by this: the others had ended or were being stopped already.
 */
export async function stopRuns(
  queue: Queue,
  tx: Transaction,
  runIds: readonly string[],
  ending: 'aborted' | 'timed out',
): Promise<string[]> {
  const runs = await tx
    .updateTable('job_runs')
    .set({ status: 'Aborting', ending })
    .where('id', 'in', runIds)
    .where('status', 'in', runStatusesBefore('Aborting'))
    .returning('id')
    .execute()
  if (runs.length === 0) return []
  const stopped = runs.map(({ id }) => id)
  await tx
    .updateTable('run_assets')
    .set({ state: ending, reason: ending, ended_at: sql`now()` })
    .where('run_id', 'in', stopped)
    .where('state', 'in', leftAssetStates)
    .execute()
  const priority = priorityOf('request')
  await queue.enqueueMany(
    tx,
    'finish-run',
    stopped.flatMap((runId) => [
      { data: { runId }, priority },
      { data: { runId, force: true }, priority, startAfterSeconds: stopGraceSeconds },
    ]),
  )
  return stopped
}

export interface RunMessage {
  readonly runId: string
  readonly assetId?: string
  /** `start`, `collection`, `evaluation`, `run`, `notification` or `reporting`. */
  readonly phase: string
  readonly text: string
}

export async function addRunMessage(tx: Transaction, message: RunMessage): Promise<void> {
  await addRunMessages(tx, [message])
}

export async function addRunMessages(tx: Transaction, messages: readonly RunMessage[]): Promise<void> {
  if (messages.length === 0) return
  await tx
    .insertInto('job_run_messages')
    .values(
      messages.map(({ runId, assetId, phase, text }) => ({ run_id: runId, asset_id: assetId ?? null, phase, text })),
    )
    .execute()
}

/** Occurrences that fell into an earlier run become messages of the runs just made, each of the time when it was skipped. */
async function noteSkippedOccurrences(tx: Transaction, runs: readonly { readonly runId: string }[]): Promise<void> {
  if (runs.length === 0) return
  const time = (column: string) => sql`to_char(${sql.ref(column)} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')`
  await sql`
    with skipped as (
      delete from job_skips using job_runs
      where job_runs.id = any(${runs.map(({ runId }) => runId)}) and job_skips.job_id = job_runs.job_id
      returning job_runs.id as run_id, job_skips.due_at, job_skips.last_due_at, job_skips.skipped_at
    )
    insert into job_run_messages (run_id, phase, at, text)
    select run_id, 'run', skipped_at, case when last_due_at = due_at
      then 'The run due at ' || ${time('due_at')} || ' was skipped because the run before it was still under way.'
      else 'The runs due from ' || ${time('due_at')} || ' to ' || ${time('last_due_at')}
        || ' were skipped because the run before them was still under way.' end
    from skipped order by due_at`.execute(tx)
}

/** A run of the whole job takes the place of what was to be run again. */
async function dropReruns(tx: Transaction, runs: readonly { readonly jobId: string }[]): Promise<void> {
  if (runs.length === 0) return
  const jobIds = runs.map(({ jobId }) => jobId)
  await tx.deleteFrom('job_reruns').where('job_id', 'in', jobIds).execute()
}

function asRow({ jobId, trigger, requestedBy, dueAt, rerun }: RunWish): object {
  return {
    job_id: jobId,
    run_id: randomUUID(),
    trigger,
    requested_by: requestedBy,
    due_at: dueAt ?? null,
    rerun: rerun ?? null,
  }
}
