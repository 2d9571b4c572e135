import type { Kysely } from 'kysely'
import { sql } from 'kysely'
import type { Tables } from '../db/schema.ts'
import { unpackOutcomes } from './outcomes.ts'
import type { Outcome } from './outcomes.ts'
import { readDetail } from './results.ts'

/** Why a verdict is another one. The first that holds is named: what could not be collected changes everything after it. */
export type DriftCause =
  | 'collection failed'
  | 'content changed'
  | 'evidence changed'
  | 'engine changed'
  /** What was found is the same; whether a waiver exempts it is not. */
  | 'waiver changed'

export interface DriftedRule {
  readonly ruleId: string
  readonly title: string
  readonly severity: string
  /** Null: the content of that run has no such rule. */
  readonly from: Outcome | null
  readonly to: Outcome | null
  /** The waivers that exempted the rule in each of the runs. */
  readonly waivedFrom: string | null
  readonly waivedTo: string | null
}

export interface Drift {
  readonly assetId: string
  readonly assetName: string
  readonly folder: string
  readonly standardId: string
  readonly standardTitle: string
  readonly cause: DriftCause
  readonly rules: readonly DriftedRule[]
}

interface Row {
  readonly asset_id: string
  readonly name: string
  readonly folder: string
  readonly standard_id: string
  readonly title: string
  readonly then_outcomes: Uint8Array
  readonly now_outcomes: Uint8Array
  readonly then_detail: Uint8Array
  readonly now_detail: Uint8Array
  readonly then_content: string
  readonly now_content: string
  readonly then_evidence: string | null
  readonly now_evidence: string | null
  readonly then_waived: Readonly<Record<string, string>> | null
  readonly now_waived: Readonly<Record<string, string>> | null
}

/**
 * What differs between two runs over the assets and standards that both have: a page of them, by asset, with rules. What
 * was found and what is exempted differ apart from each other, so that one asset and standard may be there twice.
 */
export async function findDrift(
  db: Kysely<Tables>,
  runs: { readonly from: string; readonly to: string },
  page: { readonly after: string | undefined; readonly limit: number },
): Promise<{ readonly drift: readonly Drift[]; readonly nextAfter: string | null }> {
  const after = page.after ?? ''
  const { rows } = await sql<Row>`
    select now.asset_id, assets.display_name as name, folders.path as folder, now.standard_id, standards.title,
      was.outcomes as then_outcomes, now.outcomes as now_outcomes,
      was.detail_digest as then_detail, now.detail_digest as now_detail,
      was.content_digest as then_content, now.content_digest as now_content,
      (select digest from evidence where id = was.evidence_id) as then_evidence,
      (select digest from evidence where id = now.evidence_id) as now_evidence,
      was.waived as then_waived, now.waived as now_waived
    from results as now
    join results as was on was.asset_id = now.asset_id and was.standard_id = now.standard_id
    join assets on assets.id = now.asset_id
    join folders on folders.id = assets.folder_id
    join standards on standards.id = now.standard_id
    where now.run_id = ${runs.to} and was.run_id = ${runs.from}
      and (was.outcomes <> now.outcomes or was.content_digest <> now.content_digest
        or was.waived is distinct from now.waived)
      and now.asset_id::text || now.standard_id::text > ${after}
    order by now.asset_id::text || now.standard_id::text
    limit ${page.limit}`.execute(db)
  const drift: Drift[] = []
  for (const row of rows) drift.push(...(await describe(db, row)))
  const last = rows.at(-1)
  const isWhole = last === undefined || rows.length < page.limit
  return { drift, nextAfter: isWhole ? null : `${last.asset_id}${last.standard_id}` }
}

async function describe(db: Kysely<Tables>, row: Row): Promise<Drift[]> {
  const [was, now] = [await readDetail(db, row.then_detail), await readDetail(db, row.now_detail)]
  const [before, after] = [unpackOutcomes(row.then_outcomes), unpackOutcomes(row.now_outcomes)]
  const earlier = new Map(was.rules.map((rule, at) => [rule.id, { rule, outcome: before[at] ?? null }]))
  const [waivedBefore, waivedAfter] = [waiversIn(row.then_waived), waiversIn(row.now_waived)]
  const found: DriftedRule[] = []
  const exempted: DriftedRule[] = []
  const add = (
    rule: { id: string; title: string; severity: string },
    from: Outcome | null,
    to: Outcome | null,
  ): void => {
    const waivedFrom = waivedBefore.get(rule.id) ?? null
    const waivedTo = waivedAfter.get(rule.id) ?? null
    const { id: ruleId, title, severity } = rule
    const drifted = { ruleId, title, severity, from, to, waivedFrom, waivedTo }
    if (from !== to) found.push(drifted)
    else if (waivedFrom !== waivedTo) exempted.push(drifted)
  }
  for (const [at, rule] of now.rules.entries()) {
    add(rule, earlier.get(rule.id)?.outcome ?? null, after[at] ?? null)
    earlier.delete(rule.id)
  }
  for (const { rule, outcome } of earlier.values()) add(rule, outcome, null)
  const cause = (): DriftCause => {
    if (was.reason !== undefined || now.reason !== undefined) return 'collection failed'
    if (row.then_content !== row.now_content) return 'content changed'
    return row.then_evidence === row.now_evidence ? 'engine changed' : 'evidence changed'
  }
  const about = {
    assetId: row.asset_id,
    assetName: row.name,
    folder: row.folder,
    standardId: row.standard_id,
    standardTitle: row.title,
  }
  const drifts: Drift[] = []
  const contentDiffers = row.then_content !== row.now_content
  if (found.length > 0 || contentDiffers) drifts.push({ ...about, cause: cause(), rules: found })
  if (exempted.length > 0) drifts.push({ ...about, cause: 'waiver changed', rules: exempted })
  return drifts
}

const waiversIn = (noted: Readonly<Record<string, string>> | null): Map<string, string> =>
  new Map(Object.entries(noted ?? {}))
