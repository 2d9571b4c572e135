import { createHash } from 'node:crypto'
import { sql } from 'kysely'
import { parseAssetExpression } from '../api/asset-expression.ts'
import { SearchExpressionError } from '../api/search-expression.ts'
import type { Transaction } from '../db/database.ts'
import { jitterSeconds } from '../jobs/jitter.ts'
import { collectionLimitMs, isJobType, jobRunLimitMs } from '../jobs/job-definition.ts'
import { addRunMessage, priorityOf } from '../jobs/run-requests.ts'
import { beginRun, findRunRow, finishRunIfDone, takePart } from '../jobs/run-transitions.ts'
import type { RunPart, RunRow } from '../jobs/run-transitions.ts'
import { priorityOfTurn, waitingTurn } from '../jobs/turns.ts'
import { searchAssets } from '../store/assets.ts'
import { dynamicGroups, foldersOfAccount, incompleteAssets, pinStandards, resolveAssets } from '../store/run-inputs.ts'
import type { DynamicGroup, RunInputAsset } from '../store/run-inputs.ts'
import { collects, readSnapshot } from './run-snapshot.ts'
import type { RunSnapshot } from './run-snapshot.ts'
import type { TaskContext } from './task-context.ts'

/**
 * Starts a run: says which assets it works on and pins the standards, in one transaction that holds only while the run is
 * queued; then makes a task for each asset, the first of them in that transaction and the others part by part. All assets
 * are there from the beginning, so that the run does not end before each has had its task; a stop of the run, and on the
 * embedded database everybody else, waits for one part at most. Tried twice, the second goes on where the first stopped.
 */
export async function startRun(context: TaskContext, { runId }: { readonly runId: string }): Promise<void> {
  const { database, queue } = context
  const run = await findRunRow(database.kysely, runId)
  if (run === undefined) return
  const snapshot = readSnapshot(run)
  if (!isJobType(snapshot.type)) {
    const began = await database.kysely.transaction().execute(async (tx) => {
      if (!(await beginRun(tx, runId, snapshot, { tasks: 0, firstTurn: 0 }))) return false
      await queue.enqueue(tx, 'system-job', { runId }, { priority: priorityOf(run.trigger) })
      await enqueueLimits(context, tx, runId, snapshot)
      return true
    })
    if (began) noteStart(context, run, snapshot)
    return
  }
  const assetIds = run.status === 'Queued' ? await begin(context, run, snapshot) : await assetsOf(context, runId)
  if (assetIds.length === 0) await finishRunIfDone(queue, database.kysely, runId)
  if (assetIds.length <= partSize && run.status === 'Queued') return
  while (await makeNextTasks(context, run, snapshot, assetIds)) {
    // Each part is a transaction of its own: in between it is the turn of others.
  }
}

/** Answers with the assets in the order of their tasks. */
async function begin(context: TaskContext, run: RunRow, snapshot: RunSnapshot): Promise<readonly string[]> {
  const { id: runId } = run
  const plan = await planRun(context, snapshot)
  const assetIds = shuffle(
    runId,
    plan.assets.map(({ id }) => id),
  )
  const began = await context.database.kysely.transaction().execute(async (tx) => {
    const part = await beginRun(
      tx,
      runId,
      { ...snapshot, standards: plan.standards },
      { tasks: partSize, firstTurn: waitingTurn(kindOfTasks(snapshot), run.trigger) },
    )
    if (part === undefined) return false
    for (const text of plan.messages) await addRunMessage(tx, { runId, phase: 'start', text })
    const state = collects(snapshot) ? 'waiting' : 'collected'
    await sql`
      insert into run_assets (run_id, asset_id, state)
      select ${runId}::uuid, asset_id, ${state} from unnest(${assetIds}::uuid[]) as asset_id`.execute(tx)
    await makeTasks(context, tx, run, snapshot, assetIds, part)
    await enqueueLimits(context, tx, runId, snapshot)
    return true
  })
  // Another try was first, and may have found other assets.
  if (!began) return assetsOf(context, runId)
  noteStart(context, run, snapshot, assetIds.length)
  return assetIds
}

async function enqueueLimits(
  { queue }: TaskContext,
  tx: Transaction,
  runId: string,
  snapshot: RunSnapshot,
): Promise<void> {
  const limits = { 'end-run': jobRunLimitMs(snapshot.definition), 'end-collection': collectionLimitMs(snapshot) }
  for (const kind of ['end-run', 'end-collection'] as const) {
    const { [kind]: limitMs } = limits
    if (limitMs !== undefined)
      await queue.enqueue(tx, kind, { runId }, { startAfterSeconds: Math.ceil(limitMs / 1000) })
  }
}

/** The assets of a run that has begun, in the same order. */
async function assetsOf({ database }: TaskContext, runId: string): Promise<readonly string[]> {
  const rows = await database.kysely.selectFrom('run_assets').select('asset_id').where('run_id', '=', runId).execute()
  return shuffle(
    runId,
    rows.map((row) => row.asset_id),
  )
}

function noteStart({ log }: TaskContext, run: RunRow, { name, type }: RunSnapshot, assets?: number): void {
  const { id: runId, jobId, trigger } = run
  log.info({ runId, jobId, job: name, type, trigger, assets }, 'a run started')
}

interface RunPlan {
  readonly assets: readonly RunInputAsset[]
  readonly standards: Awaited<ReturnType<typeof pinStandards>>['standards']
  readonly messages: readonly string[]
}

async function planRun({ database }: TaskContext, snapshot: RunSnapshot): Promise<RunPlan> {
  const db = database.kysely
  const messages: string[] = []
  const { definition, createdBy, rerun } = snapshot
  const ids = definition.assetsResolutionInfo.map(({ id }) => id)
  // Where thousands of runs start at once, each waits for the database once and not three times.
  const [{ assets: named, groupIds, unresolved }, { standards: pinned, unresolved: gone }, folders] = await Promise.all(
    [resolveAssets(db, ids), pinStandards(db, definition.standards), foldersOfAccount(db, createdBy)],
  )
  const standards =
    definition.scripts === 'refuse' ? pinned.map((standard) => ({ ...standard, allowsScripts: false })) : pinned
  const byId = new Map(named.map((asset) => [asset.id, asset]))
  for (const group of await dynamicGroups(db, groupIds)) {
    for (const asset of await membersOf(db, group, messages)) byId.set(asset.id, asset)
  }
  for (const id of unresolved) messages.push(`The asset or asset group ${id} does not exist any more; update the job.`)
  for (const id of gone) messages.push(`The standard ${id} does not exist any more; update the job.`)
  if (standards.length === 0) {
    messages.push('The job names no standard that exists; nothing could be checked. Add standards to the job.')
    return { assets: [], standards, messages }
  }
  const permitted = permittedAssets([...byId.values()], createdBy, folders, messages)
  const incomplete = rerun === null ? undefined : await incompleteAssets(db, rerun.of)
  const wanted = new Set(incomplete)
  const chosen = incomplete === undefined ? permitted : permitted.filter(({ id }) => wanted.has(id))
  if (chosen.length === 0) messages.push('No asset is left to work on. Check the assets and asset groups of the job.')
  return { assets: chosen, standards, messages }
}

const wholeAssetSystem = 'asset system'
const pageSize = 1000

/** The assets that a group's expression finds at this moment. */
async function membersOf(
  db: TaskContext['database']['kysely'],
  { name, expression }: DynamicGroup,
  messages: string[],
): Promise<RunInputAsset[]> {
  const members: RunInputAsset[] = []
  try {
    const conditions = parseAssetExpression(expression)
    for (let page = 0; ; page += 1) {
      const { assets, total } = await searchAssets(db, {
        conditions,
        container: wholeAssetSystem,
        subtree: true,
        permitted: [wholeAssetSystem],
        page,
        pageSize,
      })
      members.push(
        ...assets.map(({ id, displayName, path }) => ({ id, name: displayName, folder: path.toLowerCase() })),
      )
      if (assets.length > 0 && members.length < total) continue
      if (members.length === 0)
        messages.push(`The asset group ${name} is empty now: no asset agrees with ${expression}.`)
      return members
    }
  } catch (error) {
    if (!(error instanceof SearchExpressionError)) throw error
    messages.push(`The members of the asset group ${name} cannot be found: ${error.message}. Correct its expression.`)
    return []
  }
}

/** A run gives no results for assets on which the job's owner has no permission. */
function permittedAssets(
  assets: readonly RunInputAsset[],
  owner: string,
  folders: readonly string[] | undefined,
  messages: string[],
): readonly RunInputAsset[] {
  if (folders === undefined) {
    messages.push(
      `The account ${owner}, which made this job, does not exist any more; its permissions are not checked.`,
    )
    return assets
  }
  const { permitted = [], refused = [] } = Object.groupBy(assets, ({ folder }) =>
    folders.some((granted) => folder === granted || folder.startsWith(`${granted}\\`)) ? 'permitted' : 'refused',
  )
  // Whoever may not see them is not told their names: messages are read, and mailed, by others than the administrator.
  if (refused.length > 0) {
    const these = refused.length === 1 ? '1 asset is' : `${refused.length} assets are`
    messages.push(`${these} left out: ${owner}, who made this job, has no permission on the folders.`)
  }
  return permitted
}

/** So many tasks are made in one transaction. */
const partSize = 500

async function makeNextTasks(
  context: TaskContext,
  run: RunRow,
  snapshot: RunSnapshot,
  assetIds: readonly string[],
): Promise<boolean> {
  return context.database.kysely.transaction().execute(async (tx) => {
    const part = await takePart(tx, run.id, { size: partSize, count: assetIds.length })
    if (part === undefined) return false
    await makeTasks(context, tx, run, snapshot, assetIds, part)
    return true
  })
}

async function makeTasks(
  { queue, settings }: TaskContext,
  tx: Transaction,
  run: RunRow,
  snapshot: RunSnapshot,
  assetIds: readonly string[],
  { from, firstTurn }: RunPart,
): Promise<void> {
  const mostJitter = collects(snapshot) ? mostJitterSeconds(run, snapshot, settings.jitterSeconds) : 0
  await queue.enqueueMany(
    tx,
    kindOfTasks(snapshot),
    assetIds.slice(from, from + partSize).map((assetId, index) => ({
      data: { runId: run.id, assetId },
      priority: priorityOfTurn(run.trigger, firstTurn, from + index),
      key: assetId,
      ...(mostJitter === 0 ? {} : { startAfterSeconds: jitterSeconds(run.id, assetId, mostJitter) }),
    })),
  )
}

function kindOfTasks(snapshot: RunSnapshot): 'collect-asset' | 'evaluate-asset' {
  return collects(snapshot) ? 'collect-asset' : 'evaluate-asset'
}

/** None where somebody waits for the run; and it takes no more than a quarter of the time that the job allows. */
function mostJitterSeconds({ trigger }: RunRow, snapshot: RunSnapshot, configured: number): number {
  if (trigger === 'request') return 0
  const limits = [collectionLimitMs(snapshot), jobRunLimitMs(snapshot.definition)].map((ms = Infinity) => ms / 4000)
  return Math.floor(Math.min(configured, ...limits))
}

/**
 * Neighbours in the asset system are often neighbours on the network; they are not asked one after the other. The order is
 * another in each run, and in one run always the same.
 */
function shuffle(runId: string, assetIds: readonly string[]): readonly string[] {
  const places = new Map(assetIds.map((id) => [id, createHash('sha256').update(`${id} ${runId}`).digest('hex')]))
  const place = (id: string): string => places.get(id) ?? ''
  return assetIds.toSorted((a, b) => (place(a) < place(b) ? -1 : 1))
}
