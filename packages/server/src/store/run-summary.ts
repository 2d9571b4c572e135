import { sql } from 'kysely'
import type { Kysely } from 'kysely'
import type { Tables } from '../db/schema.ts'
import { unpackOutcomes, verdictOf } from './outcomes.ts'
import type { Outcome, OutcomeCounts } from './outcomes.ts'

export interface StandardSummary {
  readonly standardId: string
  readonly title: string
  readonly assets: number
  readonly counts: OutcomeCounts
}

/** What a run found, standard by standard. */
export async function summariseStandards(db: Kysely<Tables>, runId: string): Promise<StandardSummary[]> {
  const { rows } = await sql<{ standard_id: string; title: string; assets: number; counts: OutcomeCounts }>`
    with totals as (
      select standard_id, outcome, sum(count::bigint)::integer as count
      from results cross join jsonb_each_text(counts) as counted (outcome, count)
      where run_id = ${runId}
      group by standard_id, outcome
    )
    select standards.id as standard_id, standards.title,
      (select count(*) from results where run_id = ${runId} and standard_id = standards.id)::integer as assets,
      jsonb_object_agg(totals.outcome, totals.count) as counts
    from totals join standards on standards.id = totals.standard_id
    group by standards.id, standards.title
    order by standards.title`.execute(db)
  return rows.map((row) => ({
    standardId: row.standard_id,
    title: row.title,
    assets: row.assets,
    counts: row.counts,
  }))
}

/** When the oldest evidence behind a run's results was collected. */
export async function oldestEvidence(db: Kysely<Tables>, runId: string): Promise<string | null> {
  const row = await db
    .selectFrom('results')
    .select((builder) => builder.fn.min('collected_from').as('oldest'))
    .where('run_id', '=', runId)
    .executeTakeFirst()
  return row?.oldest ?? null
}

export interface RunChanges {
  readonly newlyFailing: number
  readonly recovered: number
  /** Names of assets that failed now and completed then. */
  readonly noLongerReachable: readonly string[]
}

/**
 * What differs from the run of the job before, over the assets and standards that both have. Undefined without one.
 * Results of different content are left out: their rules are not the same rules.
 */
export async function changesSinceLastRun(
  db: Kysely<Tables>,
  run: { readonly id: string; readonly jobId: string },
): Promise<RunChanges | undefined> {
  const before = await db
    .selectFrom('job_runs')
    .select('id')
    .where('job_id', '=', run.jobId)
    .where('id', '<>', run.id)
    .where('ended_at', 'is not', null)
    .orderBy('queued_at', 'desc')
    .limit(1)
    .executeTakeFirst()
  if (before === undefined) return undefined
  const changed = await db
    .selectFrom('results as now')
    .innerJoin('results as then', (join) =>
      join
        .onRef('then.asset_id', '=', 'now.asset_id')
        .onRef('then.standard_id', '=', 'now.standard_id')
        .onRef('then.content_digest', '=', 'now.content_digest')
        .onRef('then.outcomes', '<>', 'now.outcomes'),
    )
    .select(['now.outcomes as now', 'then.outcomes as then'])
    .where('now.run_id', '=', run.id)
    .where('then.run_id', '=', before.id)
    .execute()
  let newlyFailing = 0
  let recovered = 0
  for (const row of changed) {
    const then = unpackOutcomes(row.then)
    for (const [rule, outcome] of unpackOutcomes(row.now).entries()) {
      const earlier = then[rule]
      if (earlier === undefined) continue
      if (isFailure(outcome) && !isFailure(earlier)) newlyFailing += 1
      if (verdictOf[outcome] === 'passed' && isFailure(earlier)) recovered += 1
    }
  }
  return { newlyFailing, recovered, noLongerReachable: await failedSince(db, run.id, before.id) }
}

function isFailure(outcome: Outcome): boolean {
  return verdictOf[outcome] === 'failed'
}

async function failedSince(db: Kysely<Tables>, now: string, then: string): Promise<string[]> {
  const rows = await db
    .selectFrom('run_assets as now')
    .innerJoin('run_assets as then', 'then.asset_id', 'now.asset_id')
    .innerJoin('assets', 'assets.id', 'now.asset_id')
    .select('assets.display_name as name')
    .where('now.run_id', '=', now)
    .where('then.run_id', '=', then)
    .where('now.state', '=', 'failed')
    .where('then.state', '=', 'completed')
    .orderBy('name')
    .limit(100)
    .execute()
  return rows.map(({ name }) => name)
}
