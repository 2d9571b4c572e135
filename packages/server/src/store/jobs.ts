import { sql } from 'kysely'
import type { Kysely, RawBuilder, Selectable } from 'kysely'
import type { Transaction } from '../db/database.ts'
import type { Tables } from '../db/schema.ts'
import { emptyJob } from '../jobs/job-definition.ts'
import type { JobMembers } from '../jobs/job-definition.ts'
import { compareText } from './search-conditions.ts'
import type { Comparison } from './search-conditions.ts'

export type JobCategory = 'System' | 'User-defined'

export interface Job {
  readonly id: string
  readonly type: string
  readonly category: JobCategory
  readonly members: JobMembers
  /** Counts changes; a client sees it as the ETag. */
  readonly revision: string
  readonly createdBy: string
  readonly createdAt: string
  readonly modifiedAt: string
  /** The next occurrence of its schedule. */
  readonly nextRunAt: string | null
  /** When what its last run left incomplete is run again, unless a run of the whole job comes first. */
  readonly rerunAt: string | null
}

export const rerunAt = sql<string | null>`(select due_at from job_reruns where job_id = jobs.id)`

/** Names are compared without regard to case. */
export function nameKey(name: string): string {
  return name.toLowerCase()
}

export async function findJob(db: Kysely<Tables>, id: string): Promise<Job | undefined> {
  const row = await db
    .selectFrom('jobs')
    .selectAll()
    .select(rerunAt.as('rerun_at'))
    .where('id', '=', id)
    .executeTakeFirst()
  return row === undefined ? undefined : asJob(row)
}

/** Names are unique. Uses jobs_name_key_key. */
export async function findJobByName(db: Kysely<Tables>, name: string): Promise<Job | undefined> {
  const row = await db
    .selectFrom('jobs')
    .selectAll()
    .select(rerunAt.as('rerun_at'))
    .where('name_key', '=', nameKey(name))
    .executeTakeFirst()
  return row === undefined ? undefined : asJob(row)
}

/** The product's own job of a type; there is one of each. */
export async function findSystemJob(db: Kysely<Tables> | Transaction, type: string): Promise<Job | undefined> {
  const row = await db
    .selectFrom('jobs')
    .selectAll()
    .select(rerunAt.as('rerun_at'))
    .where('type', '=', type)
    .where('category', '=', 'System')
    .executeTakeFirst()
  return row === undefined ? undefined : asJob(row)
}

export interface JobSearch {
  readonly conditions: readonly JobCondition[]
  readonly page: number
  readonly pageSize: number
}

/** On a text, or on an instant between two others: from, and before. */
export type JobCondition =
  | (Comparison & { readonly kind: 'text'; readonly column: TextColumn })
  | {
      readonly kind: 'time'
      readonly column: TimeColumn
      readonly from?: string
      readonly before?: string
      readonly not?: true
    }

const textColumns = {
  name: sql`jobs.name`,
  id: sql`jobs.id::text`,
  category: sql`jobs.category`,
  type: sql`jobs.type`,
  lastRunStatus: sql`coalesce(last.status, 'Not run')`,
}
export type TextColumn = keyof typeof textColumns

const timeColumns = { createdAt: sql`jobs.created_at`, modifiedAt: sql`jobs.modified_at`, lastRunAt: sql`last.at` }
export type TimeColumn = keyof typeof timeColumns

/** One page of the jobs that match, by name. */
export async function searchJobs(
  db: Kysely<Tables>,
  { conditions, page, pageSize }: JobSearch,
): Promise<{ readonly jobs: Job[]; readonly total: number }> {
  const matching = sql`
    from jobs left join lateral (
      select status, coalesce(started_at, queued_at) as at from job_runs
      where job_id = jobs.id order by queued_at desc, id desc limit 1) as last on true
    where ${sql.join([sql`true`, ...conditions.map(asSql)], sql` and `)}`
  const counted = await sql<{ total: number }>`select count(*)::integer as total ${matching}`.execute(db)
  const { rows } = await sql<JobRow>`
    select jobs.*, ${rerunAt} as rerun_at ${matching} order by name_key, jobs.id limit ${pageSize} offset ${page * pageSize}`.execute(
    db,
  )
  return { jobs: rows.map(asJob), total: counted.rows[0]?.total ?? 0 }
}

function asSql(condition: JobCondition): RawBuilder<boolean> {
  if (condition.kind === 'text') return compareText(textColumns[condition.column], condition)
  const column = timeColumns[condition.column]
  const from = condition.from === undefined ? sql`true` : sql`${column} >= ${condition.from}::timestamptz`
  const before = condition.before === undefined ? sql`true` : sql`${column} < ${condition.before}::timestamptz`
  // A job that never ran has no time, which is in no span and outside of none.
  return condition.not === true ? sql`not (${from} and ${before})` : sql`(${from} and ${before})`
}

/**
 * Of a job's assets and static groups, those that no transport reaches; and the ids that stand for nothing any more. At
 * most `limit` of each.
 */
export async function findIdleAssets(
  db: Kysely<Tables>,
  assetIds: readonly string[],
  limit: number,
): Promise<{ readonly unreachable: readonly string[]; readonly gone: readonly string[] }> {
  const { rows } = await sql<{ unreachable: string[] | null; gone: string[] | null }>`
    with wanted as (select unnest(${assetIds}::uuid[]) as id),
    members as (
      select id from wanted
      union
      select asset_id from asset_group_members join wanted on group_id = wanted.id
    )
    select
      (select jsonb_agg(display_name) from (
        select display_name from assets join members on members.id = assets.id
        where deleted_at is null and address ->> 'transport' = 'none'
        order by display_name limit ${limit}) as first_ones) as unreachable,
      (select jsonb_agg(id) from (
        select id from wanted
        where not exists (select from assets where assets.id = wanted.id and deleted_at is null)
          and not exists (select from asset_groups where asset_groups.id = wanted.id)
        order by id limit ${limit}) as first_ones) as gone`.execute(db)
  return { unreachable: rows[0]?.unreachable ?? [], gone: rows[0]?.gone ?? [] }
}

export interface NewJob {
  readonly id: string
  readonly type: string
  readonly category: JobCategory
  readonly members: JobMembers
  readonly createdBy: string
  readonly nextRunAt: string | null
}

/** Fails on jobs_name_key_key when the name is taken. */
export async function insertJob(db: Kysely<Tables> | Transaction, job: NewJob): Promise<Job> {
  const { jobName, jobDescription, ...definition } = job.members
  const row = await db
    .insertInto('jobs')
    .values({
      id: job.id,
      name: jobName,
      name_key: nameKey(jobName),
      type: job.type,
      category: job.category,
      description: jobDescription,
      definition: JSON.stringify(definition),
      created_by: job.createdBy,
      next_run_at: job.nextRunAt,
    })
    .returningAll()
    .executeTakeFirstOrThrow()
  return asJob({ ...row, rerun_at: null })
}

/** A name that is taken although nobody had it when we looked. */
export function isNameTaken(error: unknown): boolean {
  const { code, constraint } = (error ?? {}) as { readonly code?: unknown; readonly constraint?: unknown }
  return code === '23505' && constraint === 'jobs_name_key_key'
}

/** Nobody can start a run of the job, or change it, until the transaction ends. */
export async function lockJob(tx: Transaction, id: string): Promise<Job | undefined> {
  const row = await tx
    .selectFrom('jobs')
    .selectAll()
    .select(rerunAt.as('rerun_at'))
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst()
  return row === undefined ? undefined : asJob(row)
}

/** With its runs, their results and their mail. */
export async function deleteJob(tx: Transaction, id: string): Promise<void> {
  await tx.deleteFrom('jobs').where('id', '=', id).execute()
}

export async function hasRunUnderWay(db: Kysely<Tables> | Transaction, id: string): Promise<boolean> {
  const row = await db
    .selectFrom('job_runs')
    .select('id')
    .where('job_id', '=', id)
    .where('ended_at', 'is', null)
    .executeTakeFirst()
  return row !== undefined
}

export type JobRow = Selectable<Tables['jobs']> & { readonly rerun_at: string | null }

export function asJob(row: JobRow): Job {
  return {
    id: row.id,
    type: row.type,
    category: row.category,
    // The column is only written from a JobDefinition; a member that is newer than the row has its default.
    members: { ...emptyJob, ...row.definition, jobName: row.name, jobDescription: row.description },
    revision: row.revision,
    createdBy: row.created_by,
    createdAt: row.created_at,
    modifiedAt: row.modified_at,
    nextRunAt: row.next_run_at,
    rerunAt: row.rerun_at,
  }
}
