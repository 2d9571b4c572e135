import { randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import type { Kysely, RawBuilder, Selectable } from 'kysely'
import { batched } from '../db/batched.ts'
import type { Transaction } from '../db/database.ts'
import type { Tables } from '../db/schema.ts'
import { emptyJob } from '../jobs/job-definition.ts'
import type { JobMembers } from '../jobs/job-definition.ts'
import type { AuditEntry } from './audit.ts'
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
  readonly nextRunAt: string | null
}

/** What an update needs to know, read at once. */
export interface JobToUpdate {
  readonly job: Job
  /** The database's, the only clock of schedules. */
  readonly now: string
  /** Another job has the name that was asked for. */
  readonly nameIsTaken: boolean
  readonly references: References
}

/** Where the things are that ids stand for; ids that stand for nothing are not in the lists. */
export interface References {
  readonly assets: readonly Reference[]
  readonly standards: readonly Reference[]
}

export interface Reference {
  readonly id: string
  /** The folder's path. */
  readonly path: string
  /** Of an asset; empty for a group or a standard. */
  readonly type: string
}

/** Names are compared without regard to case. */
export function nameKey(name: string): string {
  return name.toLowerCase()
}

export async function findJob(db: Kysely<Tables>, id: string): Promise<Job | undefined> {
  const row = await db.selectFrom('jobs').selectAll().where('id', '=', id).executeTakeFirst()
  return row === undefined ? undefined : asJob(row)
}

/** Names are unique. Uses jobs_name_key_key. */
export async function findJobByName(db: Kysely<Tables>, name: string): Promise<Job | undefined> {
  const row = await db.selectFrom('jobs').selectAll().where('name_key', '=', nameKey(name)).executeTakeFirst()
  return row === undefined ? undefined : asJob(row)
}

/** The product's own job of a type; there is one of each. */
export async function findSystemJob(db: Kysely<Tables> | Transaction, type: string): Promise<Job | undefined> {
  const row = await db
    .selectFrom('jobs')
    .selectAll()
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
  const { rows } = await sql<Selectable<Tables['jobs']>>`
    select jobs.* ${matching} order by name_key, jobs.id limit ${pageSize} offset ${page * pageSize}`.execute(db)
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

export interface Wanted {
  readonly name: string | undefined
  readonly assetIds: readonly string[]
  readonly standardIds: readonly string[]
}

/** Everything that an update asks the database before it writes: one statement, shared by the updates of a moment. */
export const findJobToUpdate = batched(
  (db, asked: readonly (Wanted & { readonly id: string })[]): Promise<(JobToUpdate | undefined)[]> =>
    findJobsToUpdate(db, asked, sql``),
)

/** The same, and nobody else can change the job until the transaction ends; runs may still be made of it. */
export async function lockJobToUpdate(tx: Transaction, id: string, wanted: Wanted): Promise<JobToUpdate | undefined> {
  const [found] = await findJobsToUpdate(tx, [{ ...wanted, id }], sql`for no key update of jobs`)
  return found
}

async function findJobsToUpdate(
  db: Kysely<Tables> | Transaction,
  asked: readonly (Wanted & { readonly id: string })[],
  lock: RawBuilder<unknown>,
): Promise<(JobToUpdate | undefined)[]> {
  const { rows } = await sql<Selectable<Tables['jobs']> & WantedColumns>`
    select jobs.*, at, ${wantedColumns(sql`jobs.id`)}
    from ${wantedRows(asked)} join jobs on jobs.id = wanted.id ${lock}`.execute(db)
  const found = new Map(rows.map((row) => [row.at, { job: asJob(row), ...asWanted(row) }]))
  return asked.map((_, at) => found.get(at))
}

/** The same for a job that does not exist yet. */
export async function findForNewJob(db: Kysely<Tables>, wanted: Wanted): Promise<Omit<JobToUpdate, 'job'>> {
  const { rows } = await sql<WantedColumns>`
    select at, ${wantedColumns(sql`null::uuid`)} from ${wantedRows([wanted])}`.execute(db)
  // One was asked for, and nothing is joined to it.
  return asWanted(rows[0] as WantedColumns)
}

interface WantedColumns {
  readonly at: number
  readonly now: string
  readonly name_is_taken: boolean
  readonly assets: readonly Reference[] | null
  readonly standards: readonly Reference[] | null
}

function wantedRows(asked: readonly (Wanted & { readonly id?: string })[]): RawBuilder<unknown> {
  const rows = asked.map(({ id, name, assetIds, standardIds }, at) => ({
    at,
    id,
    name_key: name === undefined ? null : nameKey(name),
    asset_ids: assetIds,
    standard_ids: standardIds,
  }))
  return sql`jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
    as wanted (at integer, id uuid, name_key text, asset_ids uuid[], standard_ids uuid[])`
}

function wantedColumns(jobId: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`
    now() as now,
    exists (
      select from jobs as other where other.name_key = wanted.name_key and other.id is distinct from ${jobId}
    ) as name_is_taken,
    (select jsonb_agg(to_jsonb(found)) from (
      select assets.id, path, type
      from assets join folders on folders.id = folder_id
      where assets.id = any(wanted.asset_ids) and deleted_at is null
      union all
      select asset_groups.id, path, ''
      from asset_groups join folders on folders.id = folder_id
      where asset_groups.id = any(wanted.asset_ids)) as found) as assets,
    (select jsonb_agg(to_jsonb(found)) from (
      select standards.id, path, '' as type
      from standards join folders on folders.id = folder_id
      where standards.id = any(wanted.standard_ids)) as found) as standards`
}

function asWanted(row: WantedColumns): Omit<JobToUpdate, 'job'> {
  return {
    now: row.now,
    nameIsTaken: row.name_is_taken,
    references: { assets: row.assets ?? [], standards: row.standards ?? [] },
  }
}

export interface JobUpdate {
  readonly job: Pick<Job, 'id' | 'revision'>
  readonly members: JobMembers
  /** Undefined when the schedule is as it was, and so is what is due. */
  readonly nextRunAt?: string | null
  readonly audit: AuditEntry
}

/**
 * Stores the members and the audit record together, if the job is still as it was read; answers with the new revision,
 * or undefined when somebody else has changed it. One statement, so there is nothing to roll back and one way to go; the
 * updates of a moment share it and its commit. Reruns that are planned belong to the schedule that planned them, and go
 * with it.
 */
export const saveUpdate = batched(async (db, updates: readonly JobUpdate[]): Promise<(string | undefined)[]> => {
  const first = new Map<string, number>()
  for (const [at, { job }] of updates.entries()) if (!first.has(job.id)) first.set(job.id, at)
  // In one order everywhere, so that two processes do not wait for each other.
  const rows = [...first].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, at]) => asRow(updates[at] as JobUpdate, at))
  const { rows: saved } = await sql<{ at: number; revision: string }>`
    with sent as (
      select * from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as sent (
        at integer, job_id uuid, known bigint, name text, name_key text, description text, definition jsonb,
        reschedules boolean, next_run_at timestamptz,
        audit_id uuid, actor text, action text, target text, outcome text, detail jsonb)
    ), updated as (
      update jobs set
        name = sent.name, name_key = sent.name_key, description = sent.description, definition = sent.definition,
        revision = revision + 1, modified_at = now(),
        next_run_at = case when reschedules then sent.next_run_at else jobs.next_run_at end
      from sent where jobs.id = job_id and revision = known
      returning at, job_id, reschedules, revision
    ), dropped as (
      delete from job_reruns using updated where job_reruns.job_id = updated.job_id and reschedules
    ), recorded as (
      insert into audit_records (id, actor, action, target, outcome, detail)
      select audit_id, actor, action, target, outcome, detail from sent join updated using (at)
    )
    select at, revision from updated`.execute(db)
  const revisions = new Map(saved.map(({ at, revision }) => [at, revision]))
  return updates.map((_, at) => revisions.get(at))
})

function asRow({ job, members, nextRunAt, audit }: JobUpdate, at: number): object {
  const { jobName, jobDescription, ...definition } = members
  return {
    at,
    job_id: job.id,
    known: job.revision,
    name: jobName,
    name_key: nameKey(jobName),
    description: jobDescription,
    definition,
    reschedules: nextRunAt !== undefined,
    next_run_at: nextRunAt,
    audit_id: randomUUID(),
    actor: audit.actor,
    action: audit.action,
    target: audit.target,
    outcome: audit.outcome,
    detail: audit.detail ?? {},
  }
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
  return asJob(row)
}

/** A name that is taken although nobody had it when we looked. */
export function isNameTaken(error: unknown): boolean {
  const { code, constraint } = (error ?? {}) as { readonly code?: unknown; readonly constraint?: unknown }
  return code === '23505' && constraint === 'jobs_name_key_key'
}

/** Nobody can start a run of the job, or change it, until the transaction ends. */
export async function lockJob(tx: Transaction, id: string): Promise<Job | undefined> {
  const row = await tx.selectFrom('jobs').selectAll().where('id', '=', id).forUpdate().executeTakeFirst()
  return row === undefined ? undefined : asJob(row)
}

/** With its runs, their results and their mail. */
export async function deleteJob(tx: Transaction, id: string): Promise<void> {
  await tx.deleteFrom('jobs').where('id', '=', id).execute()
}

/** The runs that have ended, their results and their mail; answers how many runs. */
export async function deleteHistory(tx: Transaction, id: string): Promise<number> {
  const { numDeletedRows } = await tx
    .deleteFrom('job_runs')
    .where('job_id', '=', id)
    .where('ended_at', 'is not', null)
    .executeTakeFirst()
  return Number(numDeletedRows)
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

function asJob(row: Selectable<Tables['jobs']>): Job {
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
  }
}
