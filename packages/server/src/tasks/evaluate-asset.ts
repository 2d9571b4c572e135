import { setImmediate } from 'node:timers/promises'
import { readGroupExpression } from '../api/asset-expression.ts'
import type { Attempt } from '../jobs/queue.ts'
import { addRunMessage } from '../jobs/run-requests.ts'
import { claimAsset, findRunRow, finishRunIfDone, moveAsset } from '../jobs/run-transitions.ts'
import type { AssetKey, ClaimedAsset, RunRow } from '../jobs/run-transitions.ts'
import { findEvidence, findNewestEvidence } from '../store/evidence.ts'
import type { Evidence } from '../store/evidence.ts'
import { addResult } from '../store/results.ts'
import type { NewResult } from '../store/results.ts'
import { waiversOfAsset } from '../store/waivers.ts'
import { freshSince, leaveAsset, LostLease, stopAsset } from './collect-asset.ts'
import { judge, judgeNothing } from './judge.ts'
import type { UsableEvidence } from './judge.ts'
import { readSnapshot } from './run-snapshot.ts'
import type { RunSnapshot } from './run-snapshot.ts'
import type { TaskContext } from './task-context.ts'

/**
 * Evaluates one asset against the run's standards from its evidence, and keeps all results and the asset's end in one
 * transaction. Without evidence every rule is unknown and says why.
 */
export async function evaluateAsset(context: TaskContext, key: AssetKey, attempt: Attempt): Promise<void> {
  const { database, queue } = context
  const run = await findRunRow(database.kysely, key.runId)
  if (run?.status === 'Aborting') await leaveAsset(context, key)
  if (run?.status !== 'Executing') return
  const claim = await claimAsset(database.kysely, key, 'evaluating')
  if (claim !== undefined) await evaluateClaimed(context, run, claim, attempt)
  await finishRunIfDone(queue, database.kysely, run.id)
}

async function evaluateClaimed(
  context: TaskContext,
  run: RunRow,
  claim: ClaimedAsset,
  attempt: Attempt,
): Promise<void> {
  const { database, watch } = context
  const stop = watch.watch(run.id)
  try {
    await keepResults(context, run, claim, AbortSignal.any([attempt.signal, stop.signal]))
  } catch (error) {
    if (stop.signal.aborted) return await stopAsset(context, claim)
    if (error instanceof LostLease) return
    if (attempt.signal.aborted) throw error
    if (!attempt.isLast) {
      await moveAsset(database.kysely, claim, 'collected')
      await leaveAsset(context, claim)
      throw error
    }
    const { runId, assetId } = claim
    context.log.error({ err: error, runId, assetId }, 'evaluating failed')
    await failEvaluation(context, run, claim, metError, attempt.signal)
  } finally {
    stop.release()
  }
}

async function keepResults(
  { database, standards, log }: TaskContext,
  run: RunRow,
  claim: ClaimedAsset,
  signal: AbortSignal,
  failure?: NoEvidence,
): Promise<void> {
  const snapshot = readSnapshot(run)
  const found = failure ?? (await findUsable(database.kysely, run, claim, snapshot))
  const prepared = await standards.prepare(snapshot.standards ?? [])
  const standardIds = prepared.map(({ pinned }) => pinned.id)
  const waivers = await waiversOfAsset(database.kysely, claim.assetId, standardIds, readGroupExpression)
  const cause =
    claim.reason !== null ? 'collection failed' : failure === undefined ? 'no evidence' : 'evaluation failed'
  const results: NewResult[] = []
  for (const standard of prepared) {
    // The same thread answers requests: between two standards it is their turn.
    await setImmediate()
    signal.throwIfAborted()
    const judgement =
      'reason' in found ? judgeNothing(standard, found.message, cause) : await judge(standard, found, signal)
    const { id: standardId, version: standardVersion, contentDigest } = standard.pinned
    const inForce = waivers.get(standardId) ?? new Map<string, string>()
    const about = { runId: run.id, assetId: claim.assetId, standardId, standardVersion, contentDigest }
    results.push({ ...about, ...judgement, waivers: inForce })
  }
  await database.kysely.transaction().execute(async (tx) => {
    for (const result of results) await addResult(tx, result)
    if ('reason' in found && claim.reason === null) {
      await addRunMessage(tx, { runId: run.id, assetId: claim.assetId, phase: 'evaluation', text: found.message })
    }
    const ended =
      'reason' in found
        ? await moveAsset(tx, claim, 'failed', { reason: found.reason, message: found.message })
        : await moveAsset(tx, claim, 'completed', { evidenceId: found.id })
    if (!ended) throw new LostLease(claim)
  })
  if ('reason' in found && claim.reason === null) {
    log.warn({ runId: run.id, jobId: run.jobId, assetId: claim.assetId, reason: found.reason }, 'an asset failed')
  }
}

interface NoEvidence {
  readonly reason: string
  readonly message: string
}

/** Which evidence a run of this job may use; the table is in docs/runs.md. */
async function findUsable(
  db: TaskContext['database']['kysely'],
  run: RunRow,
  claim: ClaimedAsset,
  { type, definition }: RunSnapshot,
): Promise<NoEvidence | UsableEvidence> {
  if (claim.reason !== null) {
    const newest = await findNewestEvidence(db, claim.assetId)
    const last =
      newest === undefined
        ? 'Nothing was ever collected from this asset.'
        : `The last evidence of this asset was collected at ${newest.collectedAt}.`
    return { reason: claim.reason, message: `${claim.message ?? ''} ${last}`.trim() }
  }
  if (type === 'EvaluationJob') {
    const newest = await findNewestEvidence(db, claim.assetId)
    if (newest !== undefined) return usable(newest, 0)
    return { reason: 'no-evidence', message: 'Nothing was ever collected from this asset; run a job that collects.' }
  }
  const evidence = claim.evidenceId === null ? undefined : await findEvidence(db, claim.evidenceId)
  if (evidence === undefined) throw new Error(`the evidence of asset ${claim.assetId} in run ${run.id} is missing`)
  const ownFrom = Date.parse(evidence.collectedAt)
  return usable(evidence, definition.isIncremental ? freshSince(run, definition.incrementalPeriod) : ownFrom)
}

function usable({ id, objects, collectedAt }: Evidence, notBefore: number): UsableEvidence {
  return { id, objects, notBefore, now: new Date(collectedAt) }
}

/** Every rule is unknown and says why, so that nobody takes the asset for one that was not asked. */
export async function failEvaluation(
  context: TaskContext,
  run: RunRow,
  claim: ClaimedAsset,
  failure: NoEvidence,
  signal = new AbortController().signal,
): Promise<void> {
  try {
    await keepResults(context, run, claim, signal, failure)
  } catch (error) {
    if (error instanceof LostLease) return
    // A standard that cannot be read has no rules to say it of.
    const { runId, assetId } = claim
    context.log.error({ err: error, runId, assetId }, 'a failed evaluation has no results')
    await endWithoutResults(context, claim, failure)
  }
}

export async function endWithoutResults(
  { database }: TaskContext,
  claim: ClaimedAsset,
  failure: NoEvidence,
): Promise<void> {
  const { runId, assetId } = claim
  await database.kysely.transaction().execute(async (tx) => {
    await addRunMessage(tx, { runId, assetId, phase: 'evaluation', text: failure.message })
    await moveAsset(tx, claim, 'failed', failure)
  })
}

const metError: NoEvidence = {
  reason: 'internal-error',
  message: 'Evaluating met an error of the program; see the log of the server.',
}
