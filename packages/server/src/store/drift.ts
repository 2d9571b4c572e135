import type { Kysely } from 'kysely'
import { sql } from 'kysely'
import type { Tables } from '../db/schema.ts'
import { unpackOutcomes } from './outcomes.ts'
import type { Outcome } from './outcomes.ts'
import { readDetail } from './results.ts'
import type { NothingJudged, ResultDetail, RuleDetail } from './results.ts'
import { isBelow } from './search-conditions.ts'

/** Why a verdict is another one. The first that holds is named: what could not be collected changes everything after it. */
export type DriftCause =
  | NothingJudged
  | OneSided
  | 'content changed'
  | 'evidence changed'
  | 'engine changed'
  /** What was found is the same; whether a waiver exempts it is not. */
  | 'waiver changed'

/** Why one of the two runs has no result at all of an asset and a standard. */
type OneSided = 'asset added' | 'asset removed' | 'not finished' | 'standard added' | 'standard removed'

export interface DriftedRule {
  readonly ruleId: string
  readonly title: string
  readonly severity: string
  /** Null: that run has no such rule. */
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
  /** Null, as the digests: that run has no result. */
  readonly then_outcomes: Uint8Array | null
  readonly now_outcomes: Uint8Array | null
  readonly then_detail: Uint8Array | null
  readonly now_detail: Uint8Array | null
  readonly then_content: string | null
  readonly now_content: string | null
  readonly then_engine: string | null
  readonly now_engine: string | null
  readonly then_evidence: string | null
  readonly now_evidence: string | null
  readonly then_waived: Readonly<Record<string, string>> | null
  readonly now_waived: Readonly<Record<string, string>> | null
  /** Whether the run that has no result worked on the asset, and whether it had the standard. */
  readonly has_asset: boolean
  readonly has_standard: boolean
}

/**
 * What differs between two runs: a page of assets and standards, by asset, with rules. What was found and what is exempted
 * differ apart from each other, and rules for their own causes, so that one asset and standard may be there several times. A
 * rerun is compared over the assets that it was to work on.
 */
export async function findDrift(
  db: Kysely<Tables>,
  runs: { readonly from: string; readonly to: string },
  page: {
    /** The folders of whoever asks: what is elsewhere is neither listed nor counted. */
    readonly permitted: readonly string[]
    readonly after: string | undefined
    readonly limit: number
  },
): Promise<{ readonly drift: readonly Drift[]; readonly nextAfter: string | null }> {
  const after = page.after ?? ''
  const { rows } = await sql<Row>`
    with was as (select * from results where run_id = ${runs.from}),
      now as (select * from results where run_id = ${runs.to}),
      differing as (
        select asset_id, standard_id, case when was.run_id is null then ${runs.from}::uuid else ${runs.to}::uuid end as other,
          (was.run_id is null or now.run_id is null) as one_sided
        from now full join was using (asset_id, standard_id)
        where (was.outcomes is distinct from now.outcomes or was.content_digest is distinct from now.content_digest
            or was.waived is distinct from now.waived)
          and asset_id::text || standard_id::text > ${after}
      ), placed as (
        select differing.*, exists (
            select 1 from run_assets where run_id = other and run_assets.asset_id = differing.asset_id) as has_asset,
          coalesce(snapshot -> 'standards' @> jsonb_build_array(jsonb_build_object('id', standard_id)), false) as has_standard,
          jsonb_typeof(snapshot -> 'rerun') = 'object' as is_rerun
        from differing join job_runs on job_runs.id = other
      )
    select placed.asset_id, assets.display_name as name, folders.path as folder, placed.standard_id, standards.title,
      has_asset, has_standard,
      was.outcomes as then_outcomes, now.outcomes as now_outcomes,
      was.detail_digest as then_detail, now.detail_digest as now_detail,
      was.content_digest as then_content, now.content_digest as now_content,
      was.engine as then_engine, now.engine as now_engine,
      (select digest from evidence where id = was.evidence_id) as then_evidence,
      (select digest from evidence where id = now.evidence_id) as now_evidence,
      was.waived as then_waived, now.waived as now_waived
    from placed
    left join was using (asset_id, standard_id)
    left join now using (asset_id, standard_id)
    join assets on assets.id = placed.asset_id
    join folders on folders.id = assets.folder_id
    join standards on standards.id = placed.standard_id
    where (has_asset or not one_sided or is_rerun is not true) and ${isBelow(sql`folders.path_key`, page.permitted)}
    order by placed.asset_id::text || placed.standard_id::text
    limit ${page.limit}`.execute(db)
  const drift: Drift[] = []
  for (const row of rows) drift.push(...(await describe(db, row)))
  const last = rows.at(-1)
  const isWhole = last === undefined || rows.length < page.limit
  return { drift, nextAfter: isWhole ? null : `${last.asset_id}${last.standard_id}` }
}

async function describe(db: Kysely<Tables>, row: Row): Promise<Drift[]> {
  const read = async (digest: Uint8Array | null): Promise<ResultDetail | undefined> =>
    digest === null ? undefined : readDetail(db, digest)
  const [was, now] = [await read(row.then_detail), await read(row.now_detail)]
  const [before, after] = [row.then_outcomes, row.now_outcomes].map((packed) =>
    packed === null ? [] : unpackOutcomes(packed),
  ) as [Outcome[], Outcome[]]
  const earlier = new Map((was?.rules ?? []).map((rule, at) => [rule.id, { rule, outcome: before[at] ?? null }]))
  const [waivedBefore, waivedAfter] = [waiversIn(row.then_waived), waiversIn(row.now_waived)]
  const found = new Map<DriftCause, DriftedRule[]>()
  const exempted: DriftedRule[] = []
  const contentDiffers = row.then_content !== row.now_content
  const wholeCause = causeOfAll(row, was, now)
  const add = (rule: RuleDetail, from: Outcome | null, to: Outcome | null, then?: RuleDetail): void => {
    const waivedFrom = waivedBefore.get(rule.id) ?? null
    const waivedTo = waivedAfter.get(rule.id) ?? null
    const { id: ruleId, title, severity } = rule
    const drifted = { ruleId, title, severity, from, to, waivedFrom, waivedTo }
    if (from !== to) {
      const cause = wholeCause ?? causeOf(row, then, rule)
      found.set(cause, [...(found.get(cause) ?? []), drifted])
    } else if (waivedFrom !== waivedTo) exempted.push(drifted)
  }
  for (const [at, rule] of (now?.rules ?? []).entries()) {
    const one = earlier.get(rule.id)
    add(rule, one?.outcome ?? null, after[at] ?? null, one?.rule)
    earlier.delete(rule.id)
  }
  for (const { rule, outcome } of earlier.values()) add(rule, outcome, null)
  const about = {
    assetId: row.asset_id,
    assetName: row.name,
    folder: row.folder,
    standardId: row.standard_id,
    standardTitle: row.title,
  }
  // Other content may have other rules, and the same verdicts.
  if (wholeCause !== undefined && (found.size > 0 || contentDiffers)) found.set(wholeCause, found.get(wholeCause) ?? [])
  const drifts: Drift[] = [...found].map(([cause, rules]) => ({ ...about, cause, rules }))
  if (exempted.length > 0) drifts.push({ ...about, cause: 'waiver changed', rules: exempted })
  return drifts
}

/** What holds for all rules of the two results, where something does. */
function causeOfAll(row: Row, was: ResultDetail | undefined, now: ResultDetail | undefined): DriftCause | undefined {
  if (was === undefined || now === undefined) return causeOfAbsence(row, was === undefined ? 'added' : 'removed')
  for (const { reason, cause = 'collection failed' } of [now, was]) if (reason !== undefined) return cause
  return row.then_content === row.now_content ? undefined : 'content changed'
}

function causeOfAbsence(row: Row, change: 'added' | 'removed'): OneSided {
  if (!row.has_asset) return `asset ${change}`
  return row.has_standard ? 'not finished' : `standard ${change}`
}

/**
 * Of a rule, under the same content. Evidence differs in something nearly always, and mostly in what a rule does not look at:
 * under another engine the traces tell whether the rule saw the same. The same engine sees the same evidence differently only
 * when that has become too old for it.
 */
function causeOf(row: Row, was: RuleDetail | undefined, now: RuleDetail): DriftCause {
  const isSameEvidence = row.then_evidence === row.now_evidence
  if (row.then_engine === null || row.now_engine === null) return isSameEvidence ? 'engine changed' : 'evidence changed'
  if (row.then_engine === row.now_engine) return 'evidence changed'
  return isSameEvidence || hasSameFacts(was?.explanation, now.explanation) ? 'engine changed' : 'evidence changed'
}

function hasSameFacts(was: unknown, now: unknown): boolean {
  return was !== undefined && JSON.stringify(factsOf(was)) === JSON.stringify(factsOf(now))
}

/** A trace without what the engine made of it: results, what is said of them, and the order of items (the wrong ones first). */
function factsOf(trace: unknown): unknown {
  if (Array.isArray(trace)) {
    return trace.map(factsOf).toSorted((one, other) => (JSON.stringify(one) < JSON.stringify(other) ? -1 : 1))
  }
  if (typeof trace !== 'object' || trace === null) return trace
  // A script has no tests; what it printed is what was found.
  const isScript = 'tests' in trace && Array.isArray(trace.tests) && trace.tests.length === 0
  const madeByEngine = isScript ? ['criteria', 'result'] : ['criteria', 'messages', 'result']
  return Object.fromEntries(
    Object.entries(trace)
      .filter(([name]) => !madeByEngine.includes(name))
      .map(([name, value]) => [name, factsOf(value)]),
  )
}

const waiversIn = (noted: Readonly<Record<string, string>> | null): Map<string, string> =>
  new Map(Object.entries(noted ?? {}))
