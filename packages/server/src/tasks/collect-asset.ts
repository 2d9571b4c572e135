import { collect } from '@plumbline/collect'
import type { SshSession, SshTraffic } from '@plumbline/collect'
import type { SystemCharacteristics } from '@plumbline/scap'
import type { Transaction } from '../db/database.ts'
import { collectionLimitMs } from '../jobs/job-definition.ts'
import type { Attempt } from '../jobs/queue.ts'
import { addRunMessage } from '../jobs/run-requests.ts'
import { claimAsset, endLeftAsset, findRunRow, finishRunIfDone, moveAsset } from '../jobs/run-transitions.ts'
import type { AssetKey, AssetOutcome, ClaimedAsset, RunRow } from '../jobs/run-transitions.ts'
import { priorityAfterTurn } from '../jobs/turns.ts'
import { addEvidence, findNewestEvidence } from '../store/evidence.ts'
import { findAssetToReach } from '../store/run-inputs.ts'
import { asCollectionFailure, collectionTimeOut, CollectionImpossible, LimitReached } from './collection-failure.ts'
import type { CollectionFailure } from './collection-failure.ts'
import { noteFacts } from './asset-facts.ts'
import { uncovered } from './coverage.ts'
import { evaluates, readSnapshot } from './run-snapshot.ts'
import type { RunSnapshot } from './run-snapshot.ts'
import { planOf } from './standards.ts'
import type { PreparedStandard } from './standards.ts'
import type { TaskContext } from './task-context.ts'

/**
 * Collects what the job's standards ask of one asset and keeps it as evidence, or keeps the evidence it has when that is
 * fresh enough. What fails for good is an outcome of the asset; what may pass is tried again; a stop of the run, the
 * run's and the asset's limits reach the command that is being run.
 */
export async function collectAsset(context: TaskContext, key: AssetKey, attempt: Attempt): Promise<void> {
  const { database, queue } = context
  const run = await findRunRow(database.kysely, key.runId)
  if (run?.status === 'Aborting') await leaveAsset(context, key)
  if (run?.status !== 'Executing') return
  const claim = await claimAsset(database.kysely, key, 'collecting')
  if (claim !== undefined) await collectClaimed(context, run, claim, attempt)
  if (!evaluates(readSnapshot(run))) await finishRunIfDone(queue, database.kysely, run.id)
}

async function collectClaimed(context: TaskContext, run: RunRow, claim: ClaimedAsset, attempt: Attempt): Promise<void> {
  const { database, watch } = context
  const stop = watch.watch(run.id)
  const limits = startLimits(context, run)
  try {
    const signal = AbortSignal.any([attempt.signal, stop.signal, limits.signal])
    await keepEvidence(context, run, claim, { ...attempt, signal })
  } catch (error) {
    if (stop.signal.aborted) return await stopAsset(context, claim)
    if (error instanceof LostLease) return
    // The lease is gone or this worker is stopping: the asset is another try's.
    if (attempt.signal.aborted) throw error
    const failure = asCollectionFailure(limits.signal.aborted ? limits.signal.reason : error)
    if (failure.retryable && !attempt.isLast) {
      await moveAsset(database.kysely, claim, 'waiting')
      await leaveAsset(context, claim)
      throw error
    }
    if (failure.reason === 'internal-error') {
      const { runId, assetId } = claim
      context.log.error({ err: error, runId, assetId }, 'collecting failed')
    }
    await failCollection(context, run, claim, failure)
  } finally {
    limits.clear()
    stop.release()
  }
}

async function keepEvidence(
  context: TaskContext,
  run: RunRow,
  claim: ClaimedAsset,
  attempt: Pick<Attempt, 'signal' | 'stepAside'>,
): Promise<void> {
  const { database } = context
  const snapshot = readSnapshot(run)
  attempt.signal.throwIfAborted()
  const standards = await context.standards.prepare(snapshot.standards ?? [])
  const wanted = await stillToCollect(context, run, claim.assetId, snapshot, standards)
  if (wanted.plan.length === 0 && wanted.evidenceId !== undefined) {
    const { evidenceId } = wanted
    await database.kysely.transaction().execute((tx) => goOn(context, tx, run, claim, { evidenceId }))
    return
  }
  const { collected, traffic } = await collectFrom(
    { ...context, log: context.log.child({ runId: claim.runId }) },
    claim.assetId,
    { plan: wanted.plan, definition: snapshot.definition },
    attempt,
  )
  await database.kysely.transaction().execute(async (tx) => {
    const { id: evidenceId } = await addEvidence(tx, {
      assetId: claim.assetId,
      runId: claim.runId,
      planDigest: planOf(standards).digest,
      collected,
    })
    await goOn(context, tx, run, claim, { evidenceId, traffic })
  })
}

/** An incremental job leaves out what evidence of the last so many days covers; see architecture.md, Running jobs. */
async function stillToCollect(
  { database }: TaskContext,
  run: RunRow,
  assetId: string,
  { definition, type }: RunSnapshot,
  standards: readonly PreparedStandard[],
): Promise<{ readonly plan: ReturnType<typeof planOf>['plan']; readonly evidenceId?: string }> {
  const { plan } = planOf(standards)
  if (type !== 'CollectionEvaluationJob' || !definition.isIncremental) return { plan }
  const newest = await findNewestEvidence(database.kysely, assetId)
  if (newest === undefined) return { plan }
  return {
    plan: uncovered(plan, newest, freshSince(run, definition.incrementalPeriod)),
    evidenceId: newest.id,
  }
}

/** Evidence collected from this instant on (milliseconds of the epoch) is fresh for an incremental run. */
export function freshSince(run: RunRow, days: number): number {
  return Date.parse(run.startedAt ?? '') - days * 24 * 3600 * 1000
}

async function collectFrom(
  context: TaskContext,
  assetId: string,
  { plan, definition }: { readonly plan: ReturnType<typeof planOf>['plan'] } & Pick<RunSnapshot, 'definition'>,
  { signal, stepAside }: Pick<Attempt, 'signal' | 'stepAside'>,
): Promise<{ readonly collected: SystemCharacteristics; readonly traffic: SshTraffic | undefined }> {
  const asset = await findAssetToReach(context.database.kysely, assetId)
  if (asset === undefined)
    throw new CollectionImpossible('asset-deleted', 'The asset was deleted while the run was under way.')
  const session = await context.openSession(
    { id: assetId, ...asset, unknownHostKeys: definition.unknownHostKeys, stepAside },
    signal,
  )
  try {
    const [collected] = await Promise.all([
      unlessAborted(signal, collect(session, plan, { now: new Date(), signal })),
      unlessAborted(signal, noteFacts(context, { id: assetId, ...asset }, session)),
    ])
    return { collected, traffic: 'traffic' in session ? (session as SshSession).traffic() : undefined }
  } finally {
    // An asset that does not answer does not answer to this either.
    await Promise.race([session.close(), new Promise((resolve) => setTimeout(resolve, closeLimitMs).unref())])
  }
}

/** Together with the half second of the run's watch, well inside the two seconds that an abort may take. */
const closeLimitMs = 1000

/** A wait that ends with the signal, whether or not what is waited for heeds it. */
async function unlessAborted<Value>(signal: AbortSignal, value: Promise<Value>): Promise<Value> {
  const aborted = Promise.withResolvers<never>()
  const abort = (): void => aborted.reject(signal.reason)
  if (signal.aborted) abort()
  signal.addEventListener('abort', abort, { once: true })
  try {
    return await Promise.race([value, aborted.promise])
  } finally {
    signal.removeEventListener('abort', abort)
  }
}

/** The collection is over: on to the evaluation, or the end of the asset where the job has none. */
async function goOn(
  { queue }: TaskContext,
  tx: Transaction,
  run: RunRow,
  claim: ClaimedAsset,
  outcome: AssetOutcome,
): Promise<void> {
  const { runId, assetId } = claim
  const goesOn = evaluates(readSnapshot(run))
  if (goesOn)
    await queue.enqueue(tx, 'evaluate-asset', { runId, assetId }, { priority: priorityAfterTurn(run.trigger) })
  const end = outcome.reason === undefined ? 'completed' : 'failed'
  if (!(await moveAsset(tx, claim, goesOn ? 'collected' : end, outcome))) throw new LostLease(claim)
}

/** A collection that failed for good is told in the run, and evaluated: its rules are unknown, and say why. */
export async function failCollection(
  context: TaskContext,
  run: RunRow,
  claim: ClaimedAsset,
  { reason, message }: Pick<CollectionFailure, 'message' | 'reason'>,
): Promise<void> {
  await context.database.kysely.transaction().execute(async (tx) => {
    await addRunMessage(tx, { runId: claim.runId, assetId: claim.assetId, phase: 'collection', text: message })
    await goOn(context, tx, run, claim, { reason, message })
  })
  const { runId, assetId } = claim
  context.log.warn({ runId, jobId: run.jobId, assetId, reason }, 'an asset failed')
}

/** The run is being stopped; this asset has been let go. */
export async function stopAsset({ database, queue }: TaskContext, claim: ClaimedAsset): Promise<void> {
  const run = await findRunRow(database.kysely, claim.runId)
  const ending = run?.ending ?? 'aborted'
  await moveAsset(database.kysely, claim, ending, { reason: ending })
  await finishRunIfDone(queue, database.kysely, claim.runId)
}

/** A stop that a worker had not seen yet when it put the asset back is seen by whoever comes to it next. */
export async function leaveAsset({ database, queue }: TaskContext, key: AssetKey): Promise<void> {
  if (await endLeftAsset(database.kysely, key)) await finishRunIfDone(queue, database.kysely, key.runId)
}

/** Another try has the asset now; whatever this one did is undone with its transaction. */
export class LostLease extends Error {
  override readonly name = 'LostLease'

  constructor({ runId, assetId, attempt }: ClaimedAsset) {
    super(`attempt ${attempt} at asset ${assetId} of run ${runId} has lost its lease`)
  }
}

function startLimits(
  { settings }: TaskContext,
  run: RunRow,
): { readonly signal: AbortSignal; readonly clear: () => void } {
  const controller = new AbortController()
  const timers: NodeJS.Timeout[] = []
  const limit = (ms: number, reason: LimitReached): void => {
    if (ms <= 0) controller.abort(reason)
    else if (ms < 2 ** 31) timers.push(setTimeout(() => controller.abort(reason), ms).unref())
  }
  limit(
    settings.assetTimeoutSeconds * 1000,
    new LimitReached(
      'asset-time-out',
      `Collection took longer than ${settings.assetTimeoutSeconds} seconds; see what keeps the asset busy, or raise PLUMBLINE_ASSET_TIMEOUT_SECONDS.`,
    ),
  )
  const phaseMs = collectionLimitMs(readSnapshot(run))
  if (phaseMs !== undefined) limit(phaseMs - (run.elapsedMs ?? 0), collectionTimeOut())
  return { signal: controller.signal, clear: () => timers.forEach(clearTimeout) }
}
