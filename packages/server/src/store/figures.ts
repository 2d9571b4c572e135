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
  /** Seconds since the oldest occurrence, or rerun, became due that has not started a run; 0 when none is. */
  readonly overdueSeconds: number
  readonly mailWaiting: number
  /** Seconds since the oldest of them was written; 0 when there is none. */
  readonly mailOldestSeconds: number
  readonly mailGivenUp: number
  readonly runsToSynchronise: number
  /** Seconds since the oldest of them ended; 0 when there is none. */
  readonly reportingLagSeconds: number
  /** Tasks that are not done, by kind and state. */
  readonly queue: readonly { readonly kind: string; readonly state: string; readonly count: number }[]
  /** Runs that ended within the last hour, by status. */
  readonly runsEnded: Readonly<Record<string, number>>
  /** How long these took, by quantile; none when none ended. */
  readonly runSeconds: Readonly<Record<string, number>> | null
  readonly auditUnsealed: number
}

/** Uses job_runs_ended. The queue library's table is read as it is: its own counts are a minute old. */
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
      (select greatest(0, coalesce(extract(epoch from now() - least(
        (select min(next_run_at) from jobs), (select min(due_at) from job_reruns))), 0))::float8) as "overdueSeconds",
      (select count(*) from outbox where sent_at is null and given_up_at is null)::int as "mailWaiting",
      (select greatest(0, coalesce(extract(epoch from now() - min(created_at)), 0))::float8
        from outbox where sent_at is null and given_up_at is null) as "mailOldestSeconds",
      (select count(*) from outbox where given_up_at is not null)::int as "mailGivenUp",
      (select count(*) from job_runs where synchronise and synchronised_at is null and ended_at is not null)::int
        as "runsToSynchronise",
      (select greatest(0, coalesce(extract(epoch from now() - min(ended_at)), 0))::float8
        from job_runs where synchronise and synchronised_at is null) as "reportingLagSeconds",
      (select coalesce(jsonb_agg(jsonb_build_object('kind', name, 'state', state, 'count', n) order by name, state), '[]') from (
        select name, state::text as state, count(*) as n from pgboss.job
        where state < 'completed' group by name, state) as tasks) as queue,
      (select coalesce(jsonb_object_agg(status, n), '{}') from (
        select status, count(*) as n from job_runs where ended_at > now() - interval '1 hour'
        group by status) as ended) as "runsEnded",
      (select case when count(*) > 0 then jsonb_build_object(
          '0.5', percentile_cont(0.5) within group (order by seconds),
          '0.95', percentile_cont(0.95) within group (order by seconds), '1', max(seconds)) end
        from (select extract(epoch from ended_at - started_at)::float8 as seconds from job_runs
          where ended_at > now() - interval '1 hour' and started_at is not null) as ended) as "runSeconds",
      (select count(*) from audit_records where seq is null)::int as "auditUnsealed"`.execute(db)
  return rows[0] as Figures
}
