import { createHash } from 'node:crypto'
import { sql } from 'kysely'
import type { Kysely } from 'kysely'
import type { Tables } from '../db/schema.ts'
import { compressJson, decompressJson } from './compressed-json.ts'
import { exempt, scoreWith } from './exemptions.ts'
import type { WaiverByRule } from './exemptions.ts'
import { complianceScore, countOutcomes, packOutcomes, unpackOutcomes } from './outcomes.ts'
import type { Outcome, OutcomeCounts } from './outcomes.ts'
import { failedRisks } from './risk-scores.ts'
import { noteVerdicts } from './verdicts-since.ts'

export type NothingJudged = 'collection failed' | 'evaluation failed' | 'no evidence'

/** What explains the outcomes of one asset and standard. It has no instants and no ids of runs, so that equal is equal. */
export interface ResultDetail {
  readonly standardTitle: string
  readonly benchmarkId: string
  readonly profileId: string | null
  /** XCCDF 1.2, 7.3: the scores of the benchmark's scoring models, by the last word of their names. */
  readonly scores: Readonly<Record<string, number>>
  /** Why there is nothing but `unknown`, when nothing could be judged. */
  readonly reason?: string
  /** What kept it from being judged; results of releases that did not note it are without. */
  readonly cause?: NothingJudged
  readonly rules: readonly RuleDetail[]
}

export interface RuleDetail {
  readonly id: string
  /** The wire's CheckID. */
  readonly checkId: string
  readonly title: string
  readonly severity: string
  readonly messages: readonly string[]
  /** The trace of the verdict, as the evaluation gives it. */
  readonly explanation?: unknown
}

interface Judgement {
  readonly runId: string
  readonly assetId: string
  readonly standardId: string
  readonly standardVersion: string
  readonly contentDigest: string
  readonly evidenceId: string | null
  /** The ages of the evidence used: when the oldest and the newest of its objects were collected. */
  readonly collectedFrom: string | null
  readonly collectedTo: string | null
  /** In the order of `detail.rules`. */
  readonly outcomes: readonly Outcome[]
  readonly detail: ResultDetail
}

export interface NewResult extends Judgement {
  /** The waivers in force; what they exempt is noted beside the outcomes. */
  readonly waivers?: WaiverByRule
  /** The release that evaluated; where nothing could be collected there is none. */
  readonly engine?: string
}

/** Keeps one result; a second one for the same run, asset and standard changes nothing. */
export async function addResult(tx: Kysely<Tables>, result: NewResult): Promise<void> {
  const counts = countOutcomes(result.outcomes)
  const detailDigest = await addDetail(tx, JSON.stringify(result.detail))
  const ruleIds = result.detail.rules.map(({ id }) => id)
  const exempted = exempt(ruleIds, result.outcomes, result.waivers ?? new Map())
  // Where nothing could be collected, nothing is known: that is no score, and not the worst one.
  const isCollected = result.detail.reason === undefined
  const score = isCollected ? complianceScore(counts) : null
  const risks = isCollected ? failedRisks(result.detail.rules, result.outcomes, exempted) : undefined
  await tx
    .insertInto('results')
    .values({
      run_id: result.runId,
      asset_id: result.assetId,
      standard_id: result.standardId,
      standard_version: result.standardVersion,
      content_digest: result.contentDigest,
      evidence_id: result.evidenceId,
      collected_from: result.collectedFrom,
      collected_to: result.collectedTo,
      counts: JSON.stringify(counts),
      score,
      outcomes: packOutcomes(result.outcomes),
      detail_digest: detailDigest,
      waived: exempted.size === 0 ? null : JSON.stringify(Object.fromEntries(exempted)),
      engine: result.engine ?? null,
      risk_count: risks?.length ?? null,
      risk_sum: risks?.reduce((sum, risk) => sum + risk, 0) ?? null,
      risk_max: risks?.reduce((most, risk) => Math.max(most, risk), 0) ?? null,
      adjusted_score: exempted.size === 0 ? null : scoreWith({ ...result, score }, exempted),
    })
    .onConflict((conflict) => conflict.columns(['run_id', 'asset_id', 'standard_id']).doNothing())
    .execute()
  const { assetId, standardId, contentDigest, outcomes } = result
  await noteVerdicts(tx, { assetId, standardId, contentDigest, ruleIds, outcomes }, async (digest) => {
    const { detail } = (await latestResult(tx, assetId, standardId, { contentDigest: digest })) ?? {}
    return detail?.rules.map(({ id }) => id) ?? []
  })
}

/**
 * A detail that is there already is not written again. It may have been without a result for a while and be about to be
 * purged, so that an old one is made young; the statement waits for a purge under way.
 */
async function addDetail(tx: Kysely<Tables>, text: string): Promise<Uint8Array> {
  const digest = createHash('sha256').update(text).digest()
  const known = await sql`
    update result_details set created_at = now()
    where digest = ${digest} and created_at < now() - interval '12 hours'`.execute(tx)
  if ((known.numAffectedRows ?? 0n) > 0n) return digest
  const present = await tx
    .selectFrom('result_details')
    .select('seq')
    .where('digest', '=', digest)
    .limit(1)
    .executeTakeFirst()
  if (present !== undefined) return digest
  for (const [seq, body] of compressJson(text).entries()) {
    await tx
      .insertInto('result_details')
      .values({ digest, seq, body })
      .onConflict((conflict) => conflict.columns(['digest', 'seq']).doNothing())
      .execute()
  }
  return digest
}

/** Details that no result refers to, older than a day, are forgotten; see addDetail. Answers with how many chunks. */
export async function forgetUnusedDetails(db: Kysely<Tables>, limit: number): Promise<number> {
  const { numAffectedRows } = await sql`
    delete from result_details where (digest, seq) in (
      select digest, seq from result_details
      where created_at < now() - interval '1 day'
        and not exists (select 1 from results where results.detail_digest = result_details.digest)
      limit ${limit})
      and created_at < now() - interval '1 day'`.execute(db)
  return Number(numAffectedRows ?? 0n)
}

export interface StoredResult extends Judgement {
  readonly evaluatedAt: string
  readonly counts: OutcomeCounts
  readonly score: number | null
  /** What was exempted when the result was made. */
  readonly waived: WaiverByRule
}

/** The latest result of an asset and standard, of one run or of one version when asked. Uses results_latest. */
export async function latestResult(
  db: Kysely<Tables>,
  assetId: string,
  standardId: string,
  of: { readonly runId?: string; readonly version?: string; readonly contentDigest?: string } = {},
): Promise<StoredResult | undefined> {
  let query = db.selectFrom('results').selectAll().where('asset_id', '=', assetId).where('standard_id', '=', standardId)
  if (of.runId !== undefined) query = query.where('run_id', '=', of.runId)
  if (of.contentDigest !== undefined) query = query.where('content_digest', '=', of.contentDigest)
  if (of.version !== undefined) query = query.where('standard_version', '=', of.version)
  const row = await query.orderBy('evaluated_at', 'desc').limit(1).executeTakeFirst()
  if (row === undefined) return undefined
  return {
    runId: row.run_id,
    assetId: row.asset_id,
    standardId: row.standard_id,
    standardVersion: row.standard_version,
    contentDigest: row.content_digest,
    evidenceId: row.evidence_id,
    collectedFrom: row.collected_from,
    collectedTo: row.collected_to,
    evaluatedAt: row.evaluated_at,
    counts: row.counts,
    score: row.score,
    outcomes: unpackOutcomes(row.outcomes),
    detail: await readDetail(db, row.detail_digest),
    waived: new Map(Object.entries(row.waived ?? {})),
  }
}

/** Whether no later result of its asset and standard is there. Uses results_latest. */
export async function isLatest(
  db: Kysely<Tables>,
  result: Pick<StoredResult, 'assetId' | 'runId' | 'standardId'>,
): Promise<boolean> {
  const newest = await db
    .selectFrom('results')
    .select('run_id')
    .where('asset_id', '=', result.assetId)
    .where('standard_id', '=', result.standardId)
    .orderBy('evaluated_at', 'desc')
    .limit(1)
    .executeTakeFirst()
  return newest?.run_id === result.runId
}

export async function readDetail(db: Kysely<Tables>, digest: Uint8Array): Promise<ResultDetail> {
  const rows = await db
    .selectFrom('result_details')
    .select('body')
    .where('digest', '=', digest)
    .orderBy('seq')
    .execute()
  if (rows.length === 0) throw new Error('the detail of a stored result is missing')
  // Written by addDetail, in this shape.
  return JSON.parse(decompressJson(rows.map(({ body }) => body))) as ResultDetail
}
