import { sql } from 'kysely'
import type { Transaction } from '../db/database.ts'
import type { Schedule } from './schedule.ts'

/**
 * Plans the next run of the assets that a run left incomplete: every `subScheduleRepeatDays` days, for at most
 * `subScheduleRepeatPeriodDays` days after the run of the whole job (0: until its next one, which drops the plan). Days
 * are those of the server's time zone. The database's clock says when now is, in milliseconds as occurrences are.
 */
export async function planRerun(
  tx: Transaction,
  run: { readonly id: string; readonly jobId: string; readonly rerun: { readonly until: string | null } | null },
  schedule: Schedule | null,
  timeZone: string,
): Promise<void> {
  if (schedule === null || !schedule.runPeriodically || schedule.subScheduleRepeatDays === 0) return
  const { subScheduleRepeatDays: days, subScheduleRepeatPeriodDays: period } = schedule
  // A day is not always 24 hours: the sum is made in local time.
  const inDays = (count: number) =>
    sql`(date_trunc('milliseconds', now() at time zone ${timeZone})
      + make_interval(days => ${Math.min(count, mostDays)}::integer)) at time zone ${timeZone}`
  const firstUntil = period === 0 ? sql`null::timestamptz` : inDays(period)
  await sql`
    insert into job_reruns (job_id, run_id, due_at, until_at)
    select ${run.jobId}::uuid, ${run.id}::uuid, due_at, until_at
    from (select ${inDays(days)} as due_at,
      ${run.rerun === null ? firstUntil : sql`${run.rerun.until}::timestamptz`} as until_at) as plan
    where until_at is null or due_at <= until_at
    on conflict (job_id) do update
      set run_id = excluded.run_id, due_at = excluded.due_at, until_at = excluded.until_at`.execute(tx)
}

/** Beyond any server's life, and within what the database can count: the API lets any 32-bit number through. */
const mostDays = 100_000

/** The schedule that the job has now: a run's own may have been replaced while it was under way. */
export async function presentSchedule(tx: Transaction, jobId: string): Promise<Schedule | null> {
  const row = await tx.selectFrom('jobs').select('definition').where('id', '=', jobId).executeTakeFirst()
  // The definition's shape is job-definition.ts's.
  return (row?.definition as { readonly schedule?: Schedule | null } | undefined)?.schedule ?? null
}
