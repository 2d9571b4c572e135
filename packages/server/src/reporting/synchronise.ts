import { sql } from 'kysely'
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
 * twice. A run is marked as done over here last; doing that twice does no harm.
 */

const runsAtATime = 20
const pageSize = 50

/** Brings over everything that belongs there and is not; answers with the runs that are there now. */
export async function synchronise(
  production: Database,
  reporting: Database<ReportingTables>,
  signal: AbortSignal,
): Promise<string[]> {
  const done: string[] = []
  for (;;) {
    const runIds = await runsToSynchronise(production.kysely, runsAtATime)
    if (runIds.length === 0) return done
    for (const runId of runIds) {
      await synchroniseRun(production, reporting, runId, signal)
      await markSynchronised(production.kysely, runId)
      done.push(runId)
    }
  }
}

async function synchroniseRun(
  production: Database,
  reporting: Database<ReportingTables>,
  runId: string,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    signal.throwIfAborted()
    const reached = await placeReached(reporting, runId)
    if (reached?.finished === true) return
    const page = await resultsToReport(production.kysely, runId, reached?.place, pageSize)
    const groups = await withRules(production, page)
    await reporting.kysely.transaction().execute(async (tx) => {
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
  reporting: Database<ReportingTables>,
  runId: string,
): Promise<{ finished: boolean; place: { assetId: string; standardId: string } | undefined } | undefined> {
  const row = await reporting.kysely
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
