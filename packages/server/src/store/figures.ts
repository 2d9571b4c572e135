import { sql, type Kysely } from 'kysely'
import type { Tables } from '../db/schema.ts'

/** What the whole installation is doing, for monitoring. */
export interface Figures {
  readonly assets: number
  readonly jobs: number
  /** By status, of those that have not ended. */
  readonly runs: Readonly<Record<string, number>>
  /** Assets of runs that have not ended, by state. */
  readonly runAssets: Readonly<Record<string, number>>
  /** Seconds since the oldest occurrence became due that has not started a run; 0 when none is. */
  readonly overdueSeconds: number
  readonly mailWaiting: number
  readonly mailGivenUp: number
  readonly runsToSynchronise: number
  readonly auditUnsealed: number
}

export async function readFigures(db: Kysely<Tables>): Promise<Figures> {
  const { rows } = await sql<Figures>`
    select
      (select count(*) from assets where deleted_at is null)::int as assets,
      (select count(*) from jobs)::int as jobs,
      (select coalesce(jsonb_object_agg(status, n), '{}') from (
        select status, count(*) as n from job_runs where ended_at is null group by status) as by_status) as runs,
      (select coalesce(jsonb_object_agg(state, n), '{}') from (
        select state, count(*) as n from run_assets
        where ended_at is null and run_id in (select id from job_runs where ended_at is null)
        group by state) as by_state) as "runAssets",
      (select greatest(0, coalesce(extract(epoch from now() - min(next_run_at)), 0))::float8 from jobs) as "overdueSeconds",
      (select count(*) from outbox where sent_at is null and given_up_at is null)::int as "mailWaiting",
      (select count(*) from outbox where given_up_at is not null)::int as "mailGivenUp",
      (select count(*) from job_runs where synchronise and synchronised_at is null and ended_at is not null)::int
        as "runsToSynchronise",
      (select count(*) from audit_records where seq is null)::int as "auditUnsealed"`.execute(db)
  return rows[0] as Figures
}
