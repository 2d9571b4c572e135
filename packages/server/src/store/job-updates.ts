import { randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import type { Kysely, RawBuilder } from 'kysely'
import { batched } from '../db/batched.ts'
import type { Transaction } from '../db/database.ts'
import type { Tables } from '../db/schema.ts'
import type { JobMembers } from '../jobs/job-definition.ts'
import type { AuditEntry } from './audit.ts'
import { asJob, nameKey, rerunAt } from './jobs.ts'
import type { Job, JobRow } from './jobs.ts'

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
  const { rows } = await sql<JobRow & WantedColumns>`
    select jobs.*, ${rerunAt} as rerun_at, at, ${wantedColumns(sql`jobs.id`)}
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
