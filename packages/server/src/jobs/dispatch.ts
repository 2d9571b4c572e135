import { sql } from 'kysely'
import { Temporal } from 'temporal-polyfill'
import type { Database, Transaction } from '../db/database.ts'
import type { Log } from '../log.ts'
import { createAlarm } from './alarm.ts'
import type { Alarm } from './alarm.ts'
import type { Queue } from './queue.ts'
import type { RunWish } from './run-requests.ts'
import { lastOccurrence, nextOccurrences } from './schedule.ts'
import type { Schedule } from './schedule.ts'
import { createSetBackWatch } from './set-back.ts'

/*
 * Starts what is due. Every serving process does so; a job is dispatched by the one that locks its row, in the
 * transaction that makes the run and sets the next occurrence, so an occurrence has exactly one run however many
 * processes there are and whenever one dies. After downtime each job is due once, however many occurrences it missed.
 */

export interface Dispatcher {
  stop(): Promise<void>
}

/** A request to another process may have given a job an earlier occurrence, so nobody sleeps longer than this. */
const longestSleepMs = 5000
/** Work that is due and locked by another process is looked at again after this. */
const shortestSleepMs = 250
const batchSize = 200

/** `alarm` wakes it before its time; see {@link expectOccurrence}. */
export function startDispatcher(
  database: Database,
  queue: Queue,
  timeZone: string,
  log: Log,
  alarm: Alarm = createAlarm(),
): Dispatcher {
  let stopping = false
  const setBack = createSetBackWatch(database)
  let looks = 0

  const loop = async (): Promise<void> => {
    while (!stopping) {
      let ms = longestSleepMs
      try {
        if ((await setBack.look()) && looks > 0)
          log.warn('the clock was set back; what waits in the queue was put right')
        looks += 1
        await dispatchDue(database, queue, timeZone)
        ms = await msUntilNext(database)
      } catch (error) {
        log.error({ err: error }, 'cannot start the runs that are due')
      }
      if (!stopping) await alarm.sleep(ms)
    }
  }
  const ended = loop()
  return {
    async stop() {
      stopping = true
      alarm.wake()
      await ended
    },
  }
}

/**
 * Called when it is committed that a job runs next at `dueAt`: wakes the dispatcher of this process when it could be late
 * otherwise. `now` is the database's time.
 */
export function expectOccurrence(alarm: Alarm, dueAt: string | null | undefined, now: string): void {
  if (dueAt != null && Date.parse(dueAt) - Date.parse(now) < longestSleepMs) alarm.wake()
}

/** Starts everything that is due and not in another process's hands. */
export async function dispatchDue(database: Database, queue: Queue, timeZone: string): Promise<void> {
  for (const dispatch of [dispatchSchedules, dispatchReruns]) {
    for (let found = batchSize; found === batchSize;) {
      found = await database.kysely.transaction().execute((tx) => dispatch(tx, queue, timeZone))
    }
  }
}

async function dispatchSchedules(tx: Transaction, queue: Queue, timeZone: string): Promise<number> {
  const due = await tx
    .selectFrom('jobs')
    .select(['id', 'next_run_at', 'definition', sql<string>`now()`.as('now')])
    .where('next_run_at', '<=', sql<string>`now()`)
    .orderBy('next_run_at')
    .limit(batchSize)
    .forUpdate()
    .skipLocked()
    .execute()
  const wishes: RunWish[] = []
  const next: { id: string; next_run_at: string | null }[] = []
  const passed: { job_id: string; due_at: string; last_due_at: string }[] = []
  for (const { id, next_run_at: dueAt, definition, now } of due) {
    if (dueAt === null) continue
    const { schedule } = definition as { readonly schedule?: Schedule | null }
    const at = Temporal.Instant.from(now)
    wishes.push({ jobId: id, trigger: 'schedule', requestedBy: 'schedule', dueAt })
    next.push({ id, next_run_at: occurrenceAfter(schedule, timeZone, at) })
    passed.push({ job_id: id, due_at: dueAt, last_due_at: lastPassed(schedule, timeZone, { dueAt, at }) })
  }
  const made = new Set((await queue.requestRuns(tx, wishes)).map(({ jobId }) => jobId))
  const skipped = passed.filter(({ job_id: jobId }) => !made.has(jobId))
  if (skipped.length > 0) {
    await tx
      .insertInto('job_skips')
      .values(skipped)
      .onConflict((conflict) => conflict.doNothing())
      .execute()
  }
  if (next.length > 0) {
    await sql`
      update jobs set next_run_at = next.next_run_at
      from jsonb_to_recordset(${JSON.stringify(next)}::jsonb) as next (id uuid, next_run_at timestamptz)
      where jobs.id = next.id`.execute(tx)
  }
  return due.length
}

/** A rerun may be due with the very end of its period, and nobody starts it in that millisecond. */
const afterPeriod = sql.lit('1 hour')

/**
 * Reruns of what the last run left incomplete. While a run is under way there is nothing to rerun: it makes its own. One
 * whose period was over before a server ran again is dropped.
 */
async function dispatchReruns(tx: Transaction, queue: Queue): Promise<number> {
  const due = await tx
    .selectFrom('job_reruns')
    .select(['job_id', 'run_id', 'until_at'])
    .select(sql<boolean>`coalesce(until_at < now() - ${afterPeriod}::interval, false)`.as('is_over'))
    .where('due_at', '<=', sql<string>`now()`)
    .orderBy('due_at')
    .limit(batchSize)
    .forUpdate()
    .skipLocked()
    .execute()
  if (due.length === 0) return 0
  await tx
    .deleteFrom('job_reruns')
    .where(
      'job_id',
      'in',
      due.map(({ job_id: jobId }) => jobId),
    )
    .execute()
  await queue.requestRuns(
    tx,
    due
      .filter((rerun) => !rerun.is_over)
      .map(({ job_id: jobId, run_id: runId, until_at: until }) => ({
        jobId,
        trigger: 'sub-schedule',
        requestedBy: 'schedule',
        rerun: { of: runId, until },
      })),
  )
  return due.length
}

async function msUntilNext(database: Database): Promise<number> {
  const { rows } = await sql<{ ms: number | null }>`
    select (extract(epoch from least(
      (select min(next_run_at) from jobs where next_run_at is not null),
      (select min(due_at) from job_reruns)) - clock_timestamp()) * 1000)::double precision as ms`.execute(
    database.kysely,
  )
  return Math.min(Math.max(rows[0]?.ms ?? longestSleepMs, shortestSleepMs), longestSleepMs)
}

// The definition's shape is job-definition.ts's; a job that is due has a schedule.
function occurrenceAfter(
  schedule: Schedule | null | undefined,
  timeZone: string,
  now: Temporal.Instant,
): string | null {
  if (schedule == null) return null
  const [next] = nextOccurrences(schedule, timeZone, now, 1)
  return next?.toString({ fractionalSecondDigits: 3 }) ?? null
}

/** The last of the occurrences that pass with the one that was due. */
function lastPassed(
  schedule: Schedule | null | undefined,
  timeZone: string,
  { dueAt, at }: { readonly dueAt: string; readonly at: Temporal.Instant },
): string {
  const last = schedule == null ? undefined : lastOccurrence(schedule, timeZone, at)
  // The schedule may have been changed since `dueAt` was set.
  if (last === undefined || Temporal.Instant.compare(last, dueAt) < 0) return dueAt
  return last.toString({ fractionalSecondDigits: 3 })
}
