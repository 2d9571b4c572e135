import type { Kysely } from 'kysely'
import { sql } from 'kysely'
import type { Tables } from '../db/schema.ts'
import { unpackOutcomes } from './outcomes.ts'
import type { Outcome } from './outcomes.ts'
import { readDetail } from './results.ts'
import type { ResultDetail, RuleDetail } from './results.ts'

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
  readonly then_engine: string | null
  readonly now_engine: string | null
  readonly then_evidence: string | null
  readonly now_evidence: string | null
  readonly then_waived: Readonly<Record<string, string>> | null
  readonly now_waived: Readonly<Record<string, string>> | null
}

/**
 * What differs between two runs over the assets and standards that both have: a page of them, by asset, with rules. What
 * was found and what is exempted differ apart from each other, and rules for their own causes, so that one asset and standard
 * may be there several times.
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
      was.engine as then_engine, now.engine as now_engine,
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
  for (const [at, rule] of now.rules.entries()) {
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
function causeOfAll(row: Row, was: ResultDetail, now: ResultDetail): DriftCause | undefined {
  if (was.reason !== undefined || now.reason !== undefined) return 'collection failed'
  return row.then_content === row.now_content ? undefined : 'content changed'
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
