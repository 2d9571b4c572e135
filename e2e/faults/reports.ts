import { sql } from 'kysely'
import type { Kysely } from 'kysely'
import type { Tables } from '../../packages/server/src/db/schema.ts'
import type { ReportingTables } from '../../packages/server/src/reporting/schema.ts'
import type { Findings } from './findings.ts'

/** What ended and belongs in the reporting database is there once, with all of its results. */
export async function reports(db: Kysely<Tables>, reporting: Kysely<ReportingTables>): Promise<Findings> {
  const { rows } = await sql<{ done: number; waiting: number }>`
    select count(*) filter (where synchronised_at is not null)::int as done,
      count(*) filter (where synchronised_at is null)::int as waiting
    from job_runs where synchronise`.execute(db)
  const { done = 0, waiting = 0 } = rows[0] ?? {}
  const violations = waiting === 0 ? [] : [`${waiting} runs are not in the reporting database`]
  const wanted = await sql<{ id: string; results: number }>`
    select id, count(results.run_id)::int as results
    from job_runs left join results on results.run_id = job_runs.id
    where ended_at is not null and snapshot #>> '{definition,shouldSynchronizeResults}' = 'true'
      and snapshot ->> 'type' in ('CollectionEvaluationJob', 'EvaluationJob')
    group by id`.execute(db)
  const there = await sql<{ id: string; finished: boolean; results: number; different: number; rules: number }>`
    select run_id as id, finished_at is not null as finished,
      (select count(*)::int from assessments where assessments.run_id = synchronised_runs.run_id) as results,
      (select count(distinct (asset_id, standard_id))::int from assessments
        where assessments.run_id = synchronised_runs.run_id) as different,
      (select count(*)::int from rule_results where rule_results.run_id = synchronised_runs.run_id) as rules
    from synchronised_runs`.execute(reporting)
  const byRun = Map.groupBy(there.rows, ({ id }) => id)
  for (const { id, results } of wanted.rows) {
    const found = byRun.get(id) ?? []
    const isThere = found.length === 1 && found[0]?.finished === true && found[0].results === results
    if (!isThere || found[0]?.different !== results) {
      violations.push(`the run ${id} has ${results} results, and in the reporting database ${JSON.stringify(found)}`)
    }
  }
  return {
    counts: {
      'runs in the reporting database': done,
      'ended runs that belong there, each compared with what is there': wanted.rows.length,
      'results there': there.rows.reduce((sum, one) => sum + one.results, 0),
      'verdicts there': there.rows.reduce((sum, one) => sum + one.rules, 0),
    },
    violations,
  }
}
