import { parseSearchExpression, SearchExpressionError } from '../api/search-expression.ts'
import type { Transaction } from '../db/database.ts'
import { jitterSeconds } from '../jobs/jitter.ts'
import { collectionLimitMs, isJobType, jobRunLimitMs } from '../jobs/job-definition.ts'
import { addRunMessage, priorityOf } from '../jobs/run-requests.ts'
import { beginRun, findRunRow, finishRunIfDone } from '../jobs/run-transitions.ts'
import type { RunRow } from '../jobs/run-transitions.ts'
import { searchAssets } from '../store/assets.ts'
import { dynamicGroups, foldersOfAccount, incompleteAssets, pinStandards, resolveAssets } from '../store/run-inputs.ts'
import type { DynamicGroup, RunInputAsset } from '../store/run-inputs.ts'
import { collects, readSnapshot } from './run-snapshot.ts'
import type { RunSnapshot } from './run-snapshot.ts'
import type { TaskContext } from './task-context.ts'

/**
 * Starts a run: says which assets it works on and pins the standards, then makes a task for each asset, in one
 * transaction that holds only while the run is queued. Tried twice, the second finds it started.
 */
export async function startRun(context: TaskContext, { runId }: { readonly runId: string }): Promise<void> {
  const { database, queue } = context
  const run = await findRunRow(database.kysely, runId)
  if (run === undefined) return
  const snapshot = readSnapshot(run)
  if (!isJobType(snapshot.type)) {
    const began = await database.kysely.transaction().execute(async (tx) => {
      if (!(await beginRun(tx, runId, snapshot))) return false
      await queue.enqueue(tx, 'system-job', { runId })
      return true
    })
    if (began) noteStart(context, run, snapshot)
    return
  }
  if (run.status === 'Queued' && (await startAssets(context, run, snapshot)) > 0) return
  await finishRunIfDone(queue, database.kysely, runId)
}

/** Answers with the number of assets. */
async function startAssets(context: TaskContext, run: RunRow, snapshot: RunSnapshot): Promise<number> {
  const { database, queue } = context
  const { id: runId } = run
  const plan = await planRun(context, snapshot)
  const began = await database.kysely.transaction().execute(async (tx) => {
    if (!(await beginRun(tx, runId, { ...snapshot, standards: plan.standards }))) return false
    for (const text of plan.messages) await addRunMessage(tx, { runId, phase: 'start', text })
    await fanOut(context, tx, run, snapshot, plan.assets)
    const limitMs = jobRunLimitMs(snapshot.definition)
    if (limitMs !== undefined) {
      await queue.enqueue(tx, 'end-run', { runId }, { startAfterSeconds: Math.ceil(limitMs / 1000) })
    }
    return true
  })
  if (began) noteStart(context, run, snapshot, plan.assets.length)
  return plan.assets.length
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
  const [{ assets: named, groupIds, unresolved }, { standards, unresolved: gone }, folders] = await Promise.all([
    resolveAssets(db, ids),
    pinStandards(db, definition.standards),
    foldersOfAccount(db, createdBy),
  ])
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
  const wanted = rerun === null ? undefined : new Set(await incompleteAssets(db, rerun.of))
  const chosen = wanted === undefined ? permitted : permitted.filter(({ id }) => wanted.has(id))
  if (chosen.length === 0) messages.push('No asset is left to work on. Check the assets and asset groups of the job.')
  return { assets: chosen, standards, messages }
}

const wholeAssetSystem = 'asset system'

/** The assets that a group's expression finds at this moment. */
async function membersOf(
  db: TaskContext['database']['kysely'],
  { name, expression }: DynamicGroup,
  messages: string[],
): Promise<RunInputAsset[]> {
  const members: RunInputAsset[] = []
  try {
    const conditions = parseSearchExpression(expression, true)
    for (let page = 0; ; page += 1) {
      const { assets, total } = await searchAssets(db, {
        conditions,
        container: wholeAssetSystem,
        subtree: true,
        permitted: [wholeAssetSystem],
        page,
        pageSize: partSize,
      })
      members.push(
        ...assets.map(({ id, displayName, path }) => ({ id, name: displayName, folder: path.toLowerCase() })),
      )
      if (assets.length === 0 || members.length >= total) return members
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
  for (const { name, folder } of refused) {
    messages.push(`${name} is left out: ${owner}, who made this job, has no permission on its folder ${folder}.`)
  }
  return permitted
}

/** So many assets of a run go before those of a run that started later; then the two take turns. */
const turn = 50
const partSize = 1000

async function fanOut(
  { queue, settings }: TaskContext,
  tx: Transaction,
  run: RunRow,
  snapshot: RunSnapshot,
  assets: readonly RunInputAsset[],
): Promise<void> {
  const collecting = collects(snapshot)
  const mostJitter = collecting ? mostJitterSeconds(run, snapshot, settings.jitterSeconds) : 0
  const inOrder = shuffle(assets)
  for (let start = 0; start < inOrder.length; start += partSize) {
    const part = inOrder.slice(start, start + partSize)
    await tx
      .insertInto('run_assets')
      .values(
        part.map(({ id }) => ({
          run_id: run.id,
          asset_id: id,
          state: collecting ? 'waiting' : 'collected',
          reason: null,
          message: null,
          evidence_id: null,
        })),
      )
      .execute()
    await queue.enqueueMany(
      tx,
      collecting ? 'collect-asset' : 'evaluate-asset',
      part.map(({ id: assetId }, index) => ({
        data: { runId: run.id, assetId },
        priority: priorityOf(run.trigger) - Math.floor((start + index) / turn),
        key: assetId,
        ...(mostJitter === 0 ? {} : { startAfterSeconds: jitterSeconds(run.id, assetId, mostJitter) }),
      })),
    )
  }
}

/** None where somebody waits for the run; and it takes no more than a quarter of the time that the job allows. */
function mostJitterSeconds({ trigger }: RunRow, { definition }: RunSnapshot, configured: number): number {
  if (trigger === 'request') return 0
  const limits = [collectionLimitMs(definition), jobRunLimitMs(definition)].map((ms = Infinity) => ms / 4000)
  return Math.floor(Math.min(configured, ...limits))
}

/** Neighbours in the asset system are often neighbours on the network; they are not asked one after the other. */
function shuffle<Value>(values: readonly Value[]): Value[] {
  const shuffled = [...values]
  for (let last = shuffled.length - 1; last > 0; last -= 1) {
    const other = Math.floor(Math.random() * (last + 1))
    const [a, b] = [shuffled[last], shuffled[other]]
    if (a !== undefined && b !== undefined) [shuffled[last], shuffled[other]] = [b, a]
  }
  return shuffled
}
