import { sql } from 'kysely'
import type { Kysely } from 'kysely'
import type { Tables } from '../db/schema.ts'
import type { OutcomeCounts } from './outcomes.ts'

/** Runs whose results belong in the reporting database and are not all there, oldest first; but none of `except`. */
export async function runsToSynchronise(
  db: Kysely<Tables>,
  limit: number,
  except: readonly string[] = [],
): Promise<string[]> {
  const rows = await db
    .selectFrom('job_runs')
    .select('id')
    .where('synchronise', '=', true)
    .where('synchronised_at', 'is', null)
    .where('ended_at', 'is not', null)
    .where(sql<boolean>`id <> all(${sql.val(except)}::uuid[])`)
    .orderBy('ended_at')
    .limit(limit)
    .execute()
  return rows.map(({ id }) => id)
}

/** How many ended runs wait, what the newest of them says about it, and when the last one was brought over. */
export async function synchronisationState(
  db: Kysely<Tables>,
): Promise<{ readonly waiting: number; readonly lastAt: string | null; readonly told: string | null }> {
  const { rows } = await sql<{ waiting: number; lastAt: string | null; told: string | null }>`
    with waiting as (
      select id, ended_at from job_runs where synchronise and synchronised_at is null and ended_at is not null
    )
    select (select count(*) from waiting)::integer as waiting,
      (select max(synchronised_at) from job_runs) as "lastAt",
      (select text from waiting join job_run_messages on run_id = id
        where phase = 'reporting' order by ended_at desc, seq desc limit 1) as told`.execute(db)
  return rows[0] ?? { waiting: 0, lastAt: null, told: null }
}

export async function markSynchronised(db: Kysely<Tables>, runId: string): Promise<void> {
  await db
    .updateTable('job_runs')
    .set({ synchronised_at: sql`now()` })
    .where('id', '=', runId)
    .execute()
}

/** A result with what the reporting database says of its asset, standard and job. */
export interface ResultToReport {
  readonly runId: string
  readonly evaluatedAt: string
  readonly collectedFrom: string | null
  readonly collectedTo: string | null
  readonly contentDigest: string
  readonly score: number | null
  /** With what was exempted counted as passed. */
  readonly adjustedScore: number | null
  /** The rules that were exempted, by their ids. */
  readonly exempted: ReadonlySet<string>
  readonly counts: OutcomeCounts
  readonly outcomes: Uint8Array
  readonly detailDigest: Uint8Array
  readonly asset: { readonly id: string; readonly name: string; readonly type: string; readonly folder: string }
  readonly standard: { readonly id: string; readonly title: string; readonly version: string; readonly folder: string }
  readonly job: { readonly id: string; readonly name: string; readonly type: string }
}

/** One page of a run's results, in the order of its key. */
export async function resultsToReport(
  db: Kysely<Tables>,
  runId: string,
  after: { readonly assetId: string; readonly standardId: string } | undefined,
  limit: number,
): Promise<ResultToReport[]> {
  let query = db
    .selectFrom('results')
    .innerJoin('assets', 'assets.id', 'results.asset_id')
    .innerJoin('folders as asset_folders', 'asset_folders.id', 'assets.folder_id')
    .innerJoin('standards', 'standards.id', 'results.standard_id')
    .innerJoin('folders as standard_folders', 'standard_folders.id', 'standards.folder_id')
    .innerJoin('job_runs', 'job_runs.id', 'results.run_id')
    .select(['run_id', 'asset_id', 'standard_id', 'standard_version', 'results.content_digest', 'evaluated_at'])
    .select(['collected_from', 'collected_to', 'score', 'counts', 'outcomes', 'detail_digest', 'job_id'])
    .select(['waived', 'adjusted_score'])
    .select(['assets.display_name', 'assets.type', 'asset_folders.path as asset_folder'])
    .select(['standards.title', 'standard_folders.path as standard_folder'])
    .select([sql<string>`snapshot ->> 'name'`.as('job_name'), sql<string>`snapshot ->> 'type'`.as('job_type')])
    .where('run_id', '=', runId)
    .orderBy('asset_id')
    .orderBy('standard_id')
    .limit(limit)
  if (after !== undefined) {
    query = query.where(sql<boolean>`(asset_id, standard_id) > (${after.assetId}::uuid, ${after.standardId}::uuid)`)
  }
  const rows = await query.execute()
  return rows.map((row) => ({
    runId: row.run_id,
    evaluatedAt: row.evaluated_at,
    collectedFrom: row.collected_from,
    collectedTo: row.collected_to,
    contentDigest: row.content_digest,
    score: row.score,
    adjustedScore: row.waived === null ? row.score : row.adjusted_score,
    exempted: new Set(Object.keys(row.waived ?? {})),
    counts: row.counts,
    outcomes: row.outcomes,
    detailDigest: row.detail_digest,
    asset: { id: row.asset_id, name: row.display_name, type: row.type, folder: row.asset_folder },
    standard: {
      id: row.standard_id,
      title: row.title,
      version: row.standard_version,
      folder: row.standard_folder,
    },
    job: { id: row.job_id, name: row.job_name, type: row.job_type },
  }))
}
