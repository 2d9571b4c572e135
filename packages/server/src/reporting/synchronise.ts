import { isDeepStrictEqual } from 'node:util'
import { sql } from 'kysely'
import type { Kysely } from 'kysely'
import { isDiskFull } from '../db/database-error.ts'
import type { Database } from '../db/database.ts'
import { markSynchronised, resultsToReport, runsToSynchronise } from '../store/reporting.ts'
import type { ResultToReport } from '../store/reporting.ts'
import { readDetail } from '../store/results.ts'
import { putDimensions, putFacts, putRules } from './facts.ts'
import { ensurePartitions } from './partitions.ts'
import type { ReportingTables } from './schema.ts'

/*
 * Results go to the reporting database page by page. Each page's facts and the place reached are one transaction over
 * there, so that whatever breaks on either side, the next try goes on where the last one ended and nothing is there
 * twice, also when several processes bring the same run. A run is marked as done over here last; doing that twice does no harm.
 */

const runsAtATime = 20
const pageSize = 50

export interface Synchronisation {
  /** The runs that are there now, and were not. */
  readonly brought: readonly string[]
  /** Runs that are not, though both databases answer; the next synchronisation tries them again. */
  readonly failed: readonly FailedRun[]
}

export interface FailedRun {
  readonly runId: string
  readonly error: unknown
}

/** Brings over everything that belongs there and is not. A run that cannot be brought over keeps no other from it. */
export async function synchronise(
  production: Database,
  reporting: Database<ReportingTables>,
  signal: AbortSignal,
): Promise<Synchronisation> {
  const brought: string[] = []
  const failed: FailedRun[] = []
  for (;;) {
    const except = failed.map(({ runId }) => runId)
    const runIds = await runsToSynchronise(production.kysely, runsAtATime, except)
    if (runIds.length === 0) return { brought, failed }
    for (const runId of runIds) {
      try {
        await synchroniseRun(production, reporting, runId, signal)
        await markSynchronised(production.kysely, runId)
        brought.push(runId)
      } catch (error) {
        if (signal.aborted || isDiskFull(error) || !(await answer(production, reporting))) throw error
        failed.push({ runId, error })
      }
    }
  }
}

/** Where one of them does not, no other run would fare better. */
async function answer(production: Database, reporting: Database<ReportingTables>): Promise<boolean> {
  try {
    await sql`select 1`.execute(production.kysely)
    await sql`select 1`.execute(reporting.kysely)
    return true
  } catch {
    return false
  }
}

/** Whoever writes a page holds this: two at once would make the same partition, and one would take the other back. */
const pageLock = 7_242_002

async function synchroniseRun(
  production: Database,
  reporting: Database<ReportingTables>,
  runId: string,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    signal.throwIfAborted()
    const reached = await placeReached(reporting.kysely, runId)
    if (reached?.finished === true) return
    const page = await resultsToReport(production.kysely, runId, reached?.place, pageSize)
    const groups = await withRules(production, page)
    await reporting.kysely.transaction().execute(async (tx) => {
      await sql`select pg_advisory_xact_lock(${pageLock})`.execute(tx)
      // Another process brought this page over meanwhile.
      if (!isDeepStrictEqual(await placeReached(tx, runId), reached)) return
      await ensurePartitions(
        tx,
        page.map(({ evaluatedAt }) => evaluatedAt),
      )
      if (page.length > 0) await putDimensions(tx, page)
      for (const { results, rules, standardId } of groups) {
        await putFacts(tx, results, await putRules(tx, standardId, rules))
      }
      const last = page.at(-1)
      await sql`
        insert into synchronised_runs (run_id, asset_id, standard_id, facts, finished_at)
        values (${runId}, ${last?.asset.id ?? null}, ${last?.standard.id ?? null}, ${page.length},
          case when ${page.length < pageSize} then now() end)
        on conflict (run_id) do update set
          asset_id = coalesce(excluded.asset_id, synchronised_runs.asset_id),
          standard_id = coalesce(excluded.standard_id, synchronised_runs.standard_id),
          facts = synchronised_runs.facts + excluded.facts,
          finished_at = excluded.finished_at`.execute(tx)
    })
  }
}

async function placeReached(
  reporting: Kysely<ReportingTables>,
  runId: string,
): Promise<{ finished: boolean; place: { assetId: string; standardId: string } | undefined } | undefined> {
  const row = await reporting
    .selectFrom('synchronised_runs')
    .select(['asset_id', 'standard_id', 'finished_at'])
    .where('run_id', '=', runId)
    .executeTakeFirst()
  if (row === undefined) return undefined
  const { asset_id: assetId, standard_id: standardId } = row
  return {
    finished: row.finished_at !== null,
    place: assetId === null || standardId === null ? undefined : { assetId, standardId },
  }
}

interface Group {
  readonly standardId: string
  readonly results: readonly ResultToReport[]
  readonly rules: Awaited<ReturnType<typeof readDetail>>['rules']
}

/** Results of one standard and content list the same rules in the same order; reading one detail a group is enough. */
async function withRules(production: Database, page: readonly ResultToReport[]): Promise<Group[]> {
  const groups: Group[] = []
  for (const results of Map.groupBy(
    page,
    ({ standard, contentDigest }) => `${standard.id} ${contentDigest}`,
  ).values()) {
    const [first] = results
    if (first === undefined) continue
    const { rules } = await readDetail(production.kysely, first.detailDigest)
    groups.push({ standardId: first.standard.id, results, rules })
  }
  return groups
}
