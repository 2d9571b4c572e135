import { sql } from 'kysely'
import { Temporal } from 'temporal-polyfill'
import type { Transaction } from '../db/database.ts'
import type { Schedule } from './schedule.ts'

/** Plans the next run of the assets that a run left incomplete. The database's clock says when now is. */
export async function planRerun(
  tx: Transaction,
  run: { readonly id: string; readonly jobId: string; readonly rerun: RerunPeriod | null },
  schedule: Schedule | null,
  timeZone: string,
): Promise<void> {
  if (schedule === null || !schedule.runPeriodically || schedule.subScheduleRepeatDays === 0) return
  const now = await tx.selectNoFrom(sql<string>`now()`.as('now')).executeTakeFirstOrThrow()
  const plan = nextRerun(schedule, { now: Temporal.Instant.from(now.now), timeZone, rerun: run.rerun })
  if (plan === undefined) return
  const row = { run_id: run.id, due_at: plan.dueAt.toString(), until_at: plan.untilAt?.toString() ?? null }
  await tx
    .insertInto('job_reruns')
    .values({ job_id: run.jobId, ...row })
    .onConflict((conflict) => conflict.column('job_id').doUpdateSet(row))
    .execute()
}

/** Of a run that is itself a rerun: `null` until the next run of the whole job. */
interface RerunPeriod {
  readonly until: string | null
}

/**
 * Every `subScheduleRepeatDays` days, for at most `subScheduleRepeatPeriodDays` days after the run of the whole job (0:
 * until its next one, which drops the plan). Days are those of the server's time zone and are counted as the schedule
 * counts them, in whole milliseconds.
 */
export function nextRerun(
  {
    subScheduleRepeatDays: days,
    subScheduleRepeatPeriodDays: period,
  }: Pick<Schedule, 'subScheduleRepeatDays' | 'subScheduleRepeatPeriodDays'>,
  {
    now,
    timeZone,
    rerun,
  }: { readonly now: Temporal.Instant; readonly timeZone: string; readonly rerun: RerunPeriod | null },
): { readonly dueAt: Temporal.Instant; readonly untilAt: Temporal.Instant | undefined } | undefined {
  const local = now.round({ smallestUnit: 'millisecond', roundingMode: 'floor' }).toZonedDateTimeISO(timeZone)
  const inDays = (count: number): Temporal.Instant => local.add({ days: Math.min(count, mostDays) }).toInstant()
  const dueAt = inDays(days)
  const until = rerun === null ? (period === 0 ? null : inDays(period)) : rerun.until
  const untilAt = until === null ? undefined : Temporal.Instant.from(until)
  return untilAt === undefined || Temporal.Instant.compare(dueAt, untilAt) <= 0 ? { dueAt, untilAt } : undefined
}

/** Beyond any server's life, and within what the database can count: the API lets any 32-bit number through. */
const mostDays = 100_000

/** The schedule that the job has now: a run's own may have been replaced while it was under way. */
export async function presentSchedule(tx: Transaction, jobId: string): Promise<Schedule | null> {
  const row = await tx.selectFrom('jobs').select('definition').where('id', '=', jobId).executeTakeFirst()
  // The definition's shape is job-definition.ts's.
  return (row?.definition as { readonly schedule?: Schedule | null } | undefined)?.schedule ?? null
}
