import { sql } from 'kysely'
import type { Transaction } from '../db/database.ts'
import { countVerdicts, outcomeNames, verdictOf } from '../store/outcomes.ts'
import type { ResultToReport } from '../store/reporting.ts'
import type { ReportingTables } from './schema.ts'

type Tx = Transaction<ReportingTables>

/** A standard's rule as its results list it. */
export interface ReportedRule {
  readonly id: string
  readonly checkId: string
  readonly title: string
  readonly severity: string
}

/** What the dimensions say of assets, standards and jobs is what was last seen. */
export async function putDimensions(tx: Tx, results: readonly ResultToReport[]): Promise<void> {
  const assets = new Map(results.map(({ asset }) => [asset.id, asset]))
  const standards = new Map(results.map(({ standard }) => [standard.id, standard]))
  const jobs = new Map(results.map(({ job }) => [job.id, job]))
  await sql`
    insert into assets (asset_id, name, type, folder)
    select id, name, type, folder from jsonb_to_recordset(${rows(assets)}::jsonb)
      as asset (id uuid, name text, type text, folder text)
    on conflict (asset_id) do update set name = excluded.name, type = excluded.type, folder = excluded.folder`.execute(
    tx,
  )
  await sql`
    insert into standards (standard_id, title, version, folder)
    select id, title, version, folder from jsonb_to_recordset(${rows(standards)}::jsonb)
      as standard (id uuid, title text, version text, folder text)
    on conflict (standard_id) do update
      set title = excluded.title, version = excluded.version, folder = excluded.folder`.execute(tx)
  await sql`
    insert into jobs (job_id, name, type)
    select id, name, type from jsonb_to_recordset(${rows(jobs)}::jsonb) as job (id uuid, name text, type text)
    on conflict (job_id) do update set name = excluded.name, type = excluded.type`.execute(tx)
}

/** The rules of a standard with their keys, in the given order. */
export async function putRules(
  tx: Tx,
  standardId: string,
  rules: readonly ReportedRule[],
): Promise<{ readonly id: string; readonly key: number }[]> {
  const { rows: found } = await sql<{ rule_key: number; rule_id: string }>`
    insert into rules (standard_id, rule_id, check_id, title, severity)
    select ${standardId}::uuid, id, "checkId", title, severity
    from jsonb_to_recordset(${JSON.stringify(rules)}::jsonb)
      as rule (id text, "checkId" uuid, title text, severity text)
    on conflict (standard_id, rule_id) do update set title = excluded.title, severity = excluded.severity
    returning rule_key, rule_id`.execute(tx)
  const keys = new Map(found.map(({ rule_id: id, rule_key: key }) => [id, key]))
  return rules.map(({ id }) => ({ id, key: keys.get(id) ?? 0 }))
}

/** Facts of results of one standard and content; those that are there already stay. The rules in the order of the outcomes. */
export async function putFacts(
  tx: Tx,
  results: readonly ResultToReport[],
  rules: readonly { readonly id: string; readonly key: number }[],
): Promise<void> {
  await tx
    .insertInto('assessments')
    .values(
      results.map(({ asset, standard, job, counts, ...result }) => {
        const { passed, failed, unknown, manual, 'not applicable': notApplicable } = countVerdicts(counts)
        return {
          run_id: result.runId,
          job_id: job.id,
          asset_id: asset.id,
          standard_id: standard.id,
          evaluated_at: result.evaluatedAt,
          collected_from: result.collectedFrom,
          collected_to: result.collectedTo,
          score: result.score,
          passed,
          failed,
          unknown,
          not_applicable: notApplicable,
          manual,
          exempted: result.exempted.size,
          adjusted_score: result.adjustedScore,
        }
      }),
    )
    .onConflict((conflict) => conflict.doNothing())
    .execute()
  const packed = results.map(({ asset, runId, evaluatedAt, outcomes, exempted }) => ({
    run_id: runId,
    asset_id: asset.id,
    evaluated_at: evaluatedAt,
    outcomes: Buffer.from(outcomes).toString('hex'),
    waived: rules.filter(({ id }) => exempted.has(id)).map(({ key }) => key),
  }))
  // The database unpacks: sending a row a rule would be a hundred times the bytes.
  await sql`
    insert into rule_results (run_id, asset_id, rule_key, evaluated_at, outcome, verdict, waived)
    select run_id, asset_id, rule_key, evaluated_at, outcome, verdict, waived @> to_jsonb(rule_key)
    from (
      select result.*, rule.rule_key,
        (${sql.val([...outcomeNames])}::text[])[get_byte(decode(outcomes, 'hex'), rule.place::integer - 1) + 1] as outcome,
        (${sql.val(outcomeNames.map((outcome) => verdictOf[outcome] ?? null))}::text[])
          [get_byte(decode(outcomes, 'hex'), rule.place::integer - 1) + 1] as verdict
      from jsonb_to_recordset(${JSON.stringify(packed)}::jsonb)
        as result (run_id uuid, asset_id uuid, evaluated_at timestamptz, outcomes text, waived jsonb)
      cross join unnest(${sql.val(rules.map(({ key }) => key))}::integer[]) with ordinality as rule (rule_key, place)
    ) as facts
    where verdict is not null
    on conflict do nothing`.execute(tx)
}

function rows(values: ReadonlyMap<string, object>): string {
  return JSON.stringify([...values.values()])
}
