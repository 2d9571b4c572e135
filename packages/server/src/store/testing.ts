import { randomUUID } from 'node:crypto'
import type { Kysely } from 'kysely'
import type { AssetAddress, Tables } from '../db/schema.ts'

/** Rows that tests of runs and results stand on, with everything they do not care about filled in. */

export async function addFolder(db: Kysely<Tables>, path: string): Promise<string> {
  const id = randomUUID()
  await db.insertInto('folders').values({ id, path, path_key: path.toLowerCase() }).execute()
  return id
}

export async function addAsset(
  db: Kysely<Tables>,
  folderId: string,
  asset: { readonly name: string; readonly address?: AssetAddress; readonly type?: string },
): Promise<string> {
  const id = randomUUID()
  await db
    .insertInto('assets')
    .values({
      id,
      type: asset.type ?? 'symc-csm-AssetSystem-Asset-Unix-Machine',
      display_name: asset.name,
      folder_id: folderId,
      identity_key: id,
      attributes: '{}',
      address: JSON.stringify(asset.address ?? { transport: 'local' }),
    })
    .execute()
  return id
}

export async function addStandardRow(
  db: Kysely<Tables>,
  folderId: string,
  standard: { readonly title: string; readonly ruleCount: number },
): Promise<{ readonly id: string; readonly contentDigest: string }> {
  const id = randomUUID()
  const contentDigest = randomUUID()
  await db
    .insertInto('contents')
    .values({ digest: contentDigest, file_name: 'test.xml', bytes: 1, compiled_format: 1 })
    .execute()
  await db
    .insertInto('standards')
    .values({
      id,
      content_digest: contentDigest,
      benchmark_id: 'xccdf_test_benchmark_a',
      profile_id: null,
      title: standard.title,
      description: '',
      version: '1.0.0',
      author: 'test',
      folder_id: folderId,
      target_type_ids: '[]',
      rule_count: standard.ruleCount,
      predefined: false,
    })
    .execute()
  return { id, contentDigest }
}

export async function addJob(
  db: Kysely<Tables>,
  job: { readonly name: string; readonly type?: string; readonly definition?: object; readonly nextRunAt?: string },
): Promise<string> {
  const id = randomUUID()
  await db
    .insertInto('jobs')
    .values({
      id,
      name: job.name,
      name_key: job.name.toLowerCase(),
      type: job.type ?? 'CollectionEvaluationJob',
      category: 'User-defined',
      definition: JSON.stringify(job.definition ?? {}),
      created_by: 'admin',
      next_run_at: job.nextRunAt ?? null,
    })
    .execute()
  return id
}

/** A run that has ended, for results to belong to. */
export async function addEndedRun(
  db: Kysely<Tables>,
  jobId: string,
  run: { readonly synchronise?: boolean; readonly endedAt?: string } = {},
): Promise<string> {
  const id = randomUUID()
  const endedAt = run.endedAt ?? new Date().toISOString()
  await db
    .insertInto('job_runs')
    .values({
      id,
      job_id: jobId,
      status: 'Completed',
      ending: null,
      trigger: 'request',
      requested_by: 'admin',
      snapshot: JSON.stringify({ name: 'A job', type: 'CollectionEvaluationJob', createdBy: 'admin', definition: {} }),
      queued_at: endedAt,
      started_at: endedAt,
      ended_at: endedAt,
      synchronise: run.synchronise ?? false,
    })
    .execute()
  return id
}
