import { sql } from 'kysely'
import type { Kysely } from 'kysely'
import type { Tables } from '../db/schema.ts'
import { unpackOutcomes, verdictOf } from './outcomes.ts'
import type { Outcome, OutcomeCounts } from './outcomes.ts'
import { readDetail } from './results.ts'

export interface StandardSummary {
  readonly standardId: string
  readonly title: string
  readonly assets: number
  readonly counts: OutcomeCounts
  /** Verdicts among them that a waiver exempted. */
  readonly exempted: number
}

/** What a run found, standard by standard. */
export async function summariseStandards(db: Kysely<Tables>, runId: string): Promise<StandardSummary[]> {
  const { rows } = await sql<{
    standard_id: string
    title: string
    assets: number
    counts: OutcomeCounts
    exempted: number
  }>`
    with totals as (
      select standard_id, outcome, sum(count::bigint)::integer as count
      from results cross join jsonb_each_text(counts) as counted (outcome, count)
      where run_id = ${runId}
      group by standard_id, outcome
    )
    select standards.id as standard_id, standards.title,
      (select count(*) from results where run_id = ${runId} and standard_id = standards.id)::integer as assets,
      jsonb_object_agg(totals.outcome, totals.count) as counts,
      (select count(*) from results cross join jsonb_object_keys(waived)
        where run_id = ${runId} and standard_id = standards.id)::integer as exempted
    from totals join standards on standards.id = totals.standard_id
    group by standards.id, standards.title
    order by standards.title`.execute(db)
  return rows.map((row) => ({
    standardId: row.standard_id,
    title: row.title,
    assets: row.assets,
    counts: row.counts,
    exempted: row.exempted,
  }))
}

/** When the oldest and the newest evidence behind a run's results was collected. */
export async function evidenceAge(
  db: Kysely<Tables>,
  runId: string,
): Promise<{ readonly oldest: string; readonly newest: string } | undefined> {
  const row = await db
    .selectFrom('results')
    .select((builder) => [builder.fn.min('collected_from').as('oldest'), builder.fn.max('collected_to').as('newest')])
    .where('run_id', '=', runId)
    .executeTakeFirst()
  if (row === undefined || row.oldest === null) return undefined
  return { oldest: row.oldest, newest: row.newest ?? row.oldest }
}

export interface RunChanges {
  /** Verdicts, each of one rule on one asset. */
  readonly newlyFailing: number
  readonly recovered: number
  /** The same by rule, those on the most assets first. */
  readonly rules: readonly RuleChange[]
  /** Assets that failed now and completed the last time; not all names when there are many. */
  readonly noLongerReachable: { readonly count: number; readonly names: readonly string[] }
}

export interface RuleChange {
  readonly change: 'newly failing' | 'recovered'
  readonly standardTitle: string
  readonly title: string
  readonly severity: string
  readonly assets: { readonly count: number; readonly names: readonly string[] }
}

const namesKept = 100
const rulesKept = 20

/**
 * What differs from the last time, which is for each asset and standard the last run of the job that had evidence of it:
 * so what failed before an outage and after it is not new. Undefined for the job's first run. Results of other content
 * are left out: their rules are not the same rules.
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
    .limit(1)
    .executeTakeFirst()
  if (before === undefined) return undefined
  const found = { 'newly failing': 0, recovered: 0 }
  const byRule = new Map<string, ChangedRule>()
  for (const changed of await changedResults(db, run)) {
    const then = unpackOutcomes(changed.then)
    for (const [rule, outcome] of unpackOutcomes(changed.now).entries()) {
      const change = changeOf(then[rule], outcome)
      if (change === undefined) continue
      found[change] += 1
      const key = `${change} ${changed.standard_id} ${rule}`
      const known = byRule.get(key) ?? { change, rule, of: changed, count: 0, names: [] }
      known.count += 1
      if (known.names.length < namesKept) known.names.push(changed.asset)
      byRule.set(key, known)
    }
  }
  return {
    newlyFailing: found['newly failing'],
    recovered: found.recovered,
    rules: await namedRules(db, [...byRule.values()]),
    noLongerReachable: await failedSince(db, run),
  }
}

interface ChangedResult {
  readonly asset: string
  readonly standard_id: string
  readonly detail_digest: Uint8Array
  readonly now: Uint8Array
  readonly then: Uint8Array
}

interface ChangedRule {
  readonly change: RuleChange['change']
  /** Its place in the standard's rule list. */
  readonly rule: number
  readonly of: ChangedResult
  count: number
  readonly names: string[]
}

/** Uses results_latest, once for each result of the run. */
async function changedResults(
  db: Kysely<Tables>,
  { id, jobId }: { readonly id: string; readonly jobId: string },
): Promise<ChangedResult[]> {
  const { rows } = await sql<ChangedResult>`
    select assets.display_name as asset, now.standard_id, now.detail_digest, now.outcomes as now, before.outcomes as then
    from results as now
    join assets on assets.id = now.asset_id
    join lateral (
      select earlier.outcomes
      from results as earlier
      join job_runs on job_runs.id = earlier.run_id
      where earlier.asset_id = now.asset_id and earlier.standard_id = now.standard_id
        and earlier.content_digest = now.content_digest and earlier.run_id <> now.run_id
        and earlier.evidence_id is not null and job_runs.job_id = ${jobId}
      order by earlier.evaluated_at desc limit 1) as before on before.outcomes <> now.outcomes
    where now.run_id = ${id} and now.evidence_id is not null
    order by asset`.execute(db)
  return rows
}

function changeOf(then: Outcome | undefined, now: Outcome): RuleChange['change'] | undefined {
  if (then === undefined) return undefined
  const failed = verdictOf[then] === 'failed'
  if (verdictOf[now] === 'failed' && !failed) return 'newly failing'
  return verdictOf[now] === 'passed' && failed ? 'recovered' : undefined
}

/** The titles are in the explanation of any of the results. */
async function namedRules(db: Kysely<Tables>, changed: readonly ChangedRule[]): Promise<RuleChange[]> {
  const first = changed
    .toSorted((a, b) => a.change.localeCompare(b.change) || b.count - a.count || a.rule - b.rule)
    .slice(0, rulesKept)
  const details = new Map<string, Awaited<ReturnType<typeof readDetail>>>()
  const named: RuleChange[] = []
  for (const { change, rule, of, count, names } of first) {
    const detail = details.get(of.standard_id) ?? (await readDetail(db, of.detail_digest))
    details.set(of.standard_id, detail)
    const { title = '', severity = 'unknown' } = detail.rules[rule] ?? {}
    named.push({ change, standardTitle: detail.standardTitle, title, severity, assets: { count, names } })
  }
  return named
}

async function failedSince(
  db: Kysely<Tables>,
  { id, jobId }: { readonly id: string; readonly jobId: string },
): Promise<RunChanges['noLongerReachable']> {
  const { rows } = await sql<{ name: string; count: number }>`
    select assets.display_name as name, count(*) over ()::integer as count
    from run_assets as now
    join assets on assets.id = now.asset_id
    join lateral (
      select earlier.state
      from job_runs
      join run_assets as earlier on earlier.run_id = job_runs.id and earlier.asset_id = now.asset_id
      where job_runs.job_id = ${jobId} and job_runs.id <> now.run_id and earlier.state in ('completed', 'failed')
      order by job_runs.queued_at desc limit 1) as before on before.state = 'completed'
    where now.run_id = ${id} and now.state = 'failed'
    order by name
    limit ${namesKept}`.execute(db)
  return { count: rows[0]?.count ?? 0, names: rows.map(({ name }) => name) }
}
