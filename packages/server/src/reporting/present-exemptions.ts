import { sql } from 'kysely'
import type { Database } from '../db/database.ts'
import { standardsWithWaivers, waiversOfAssets } from '../store/waivers.ts'
import type { ReadExpression } from '../store/waivers.ts'
import type { ReportingTables } from './schema.ts'

/*
 * Waivers come and go between runs. What facts say of them is as it was when they were found; what is exempted now, of the
 * newest assessment of each asset and standard, is written beside the facts, where it differs. All of it is worked out anew
 * each time, page by page: interrupted or done twice, the next time comes to the same.
 */

const pageSize = 200

/** Brings over which waivers are in force; answers with how many assessments have others than before. */
export async function synchroniseExemptions(
  production: Database,
  reporting: Database<ReportingTables>,
  readExpression: ReadExpression,
  signal: AbortSignal,
): Promise<number> {
  const standardIds = await standardsWithWaivers(production.kysely)
  let changed = 0
  for (
    let page = await newestAssessments(reporting, standardIds);
    ;
    page = await newestAssessments(reporting, standardIds, page.at(-1))
  ) {
    signal.throwIfAborted()
    const assetIds = [...new Set(page.map(({ assetId }) => assetId))]
    const waivers = await waiversOfAssets(production.kysely, assetIds, standardIds, readExpression)
    const rows = page.map((one) => ({
      ...one,
      ruleIds: [...(waivers.get(one.assetId)?.get(one.standardId)?.keys() ?? [])],
    }))
    changed += await putExemptions(reporting, rows)
    if (page.length < pageSize) return changed
  }
}

interface Assessment {
  readonly runId: string
  readonly assetId: string
  readonly standardId: string
  readonly evaluatedAt: string
}

async function newestAssessments(
  reporting: Database<ReportingTables>,
  standardIds: readonly string[],
  after?: Assessment,
): Promise<Assessment[]> {
  if (standardIds.length === 0) return []
  const rest =
    after === undefined ? sql`true` : sql`(asset_id, standard_id) > (${after.assetId}::uuid, ${after.standardId}::uuid)`
  const { rows } = await sql<Assessment>`
    select run_id as "runId", asset_id as "assetId", standard_id as "standardId", evaluated_at as "evaluatedAt"
    from latest_assessments
    where standard_id = any(${sql.val(standardIds)}::uuid[]) and ${rest}
    order by asset_id, standard_id limit ${pageSize}`.execute(reporting.kysely)
  return rows
}

/** A waiver exempts what failed, is unknown or wants a person; with it counted as passed, the score is the adjusted one. */
async function putExemptions(
  reporting: Database<ReportingTables>,
  assessments: readonly (Assessment & { readonly ruleIds: readonly string[] })[],
): Promise<number> {
  if (assessments.length === 0) return 0
  const { rows } = await sql<{ changed: number }>`
    with sent as (
      select * from jsonb_to_recordset(${JSON.stringify(assessments)}::jsonb)
        as sent ("runId" uuid, "assetId" uuid, "standardId" uuid, "evaluatedAt" timestamptz, "ruleIds" jsonb)
    ), present as (
      select run_id, asset_id, standard_id, rule_keys, made_keys,
        -- Where nothing could be collected there is no score, and a waiver makes none.
        case when score is null and unknown > 0 then null
          else 100 * (passed + exempted.rules)::double precision / nullif(passed + failed + unknown + exempted.manual, 0)
        end as adjusted_score
      from sent
      join assessments
        on run_id = "runId" and asset_id = "assetId" and standard_id = "standardId" and evaluated_at = "evaluatedAt"
      cross join lateral (
        select
          coalesce(array_agg(rule_key order by rule_key) filter (where waived), '{}') as made_keys,
          coalesce(array_agg(rule_key order by rule_key) filter (where is_exempted), '{}') as rule_keys,
          count(*) filter (where is_exempted) as rules,
          count(*) filter (where is_exempted and verdict = 'manual') as manual
        from (
          select rule_key, waived, verdict,
            "ruleIds" ? rule_id and verdict in ('failed', 'unknown', 'manual') as is_exempted
          from rule_results join rules using (rule_key)
          where run_id = "runId" and asset_id = "assetId" and evaluated_at = "evaluatedAt" and standard_id = "standardId"
            and (waived or "ruleIds" ? rule_id)) as affected
      ) as exempted
    ), written as (
      insert into present_exemptions (asset_id, standard_id, run_id, rule_keys, adjusted_score)
      select asset_id, standard_id, run_id, rule_keys, adjusted_score from present where rule_keys <> made_keys
      on conflict (asset_id, standard_id) do update
        set run_id = excluded.run_id, rule_keys = excluded.rule_keys, adjusted_score = excluded.adjusted_score
        where (present_exemptions.run_id, present_exemptions.rule_keys) <> (excluded.run_id, excluded.rule_keys)
      returning 1
    ), dropped as (
      delete from present_exemptions using present
      where present_exemptions.asset_id = present.asset_id and present_exemptions.standard_id = present.standard_id
        and present.rule_keys = present.made_keys
      returning present_exemptions.run_id = present.run_id as was_shown
    )
    select ((select count(*) from written) + (select count(*) from dropped where was_shown))::integer as changed`.execute(
    reporting.kysely,
  )
  return rows[0]?.changed ?? 0
}
