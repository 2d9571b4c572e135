import { parseAssetExpression } from '../api/asset-expression.ts'
import { SearchExpressionError } from '../api/search-expression.ts'
import type { RunRow } from '../jobs/run-transitions.ts'
import { assetsThatAgree } from '../store/assets.ts'
import { foldersOfAccounts, incompleteAssets, pinStandards, resolveAssets } from '../store/run-inputs.ts'
import type { DynamicGroup, PinnedStandard, ResolvedId, RunInputAsset } from '../store/run-inputs.ts'
import { readSnapshot } from './run-snapshot.ts'
import type { RunSnapshot } from './run-snapshot.ts'
import type { TaskContext } from './task-context.ts'

/** What a run that starts is to work on, and what there is to say of it. */
export interface RunPlan {
  readonly run: RunRow
  readonly snapshot: RunSnapshot
  readonly assets: readonly RunInputAsset[]
  readonly standards: readonly PinnedStandard[]
  readonly messages: readonly string[]
}

/** What the definitions of runs refer to, as it is now. */
interface RunInputs {
  readonly resolved: ReadonlyMap<string, ResolvedId>
  readonly standards: readonly PinnedStandard[]
  /** By account, in lower case. */
  readonly folders: ReadonlyMap<string, readonly string[]>
}

export async function planRun(context: TaskContext, run: RunRow): Promise<RunPlan> {
  const snapshot = readSnapshot(run)
  const inputs = await readInputs(context, [snapshot])
  return plan(context, run, snapshot, inputs)
}

/** Where runs refer to more assets than this together, each is planned alone, so that others wait for one at most. */
const mostTogether = 10_000

/**
 * The plans of those of the runs whose inputs can be read together, in as many statements as one takes: not of reruns and of
 * groups with an expression, and of none where all together have very many assets.
 */
export async function planRunsTogether(context: TaskContext, runs: readonly RunRow[]): Promise<RunPlan[]> {
  const snapshots = new Map(
    runs.map((run) => [run, readSnapshot(run)] as const).filter(([, { rerun }]) => rerun === null),
  )
  const inputs = await readInputs(context, [...snapshots.values()], mostTogether)
  if (!inputs.isWhole) return []
  const plans: RunPlan[] = []
  for (const [run, snapshot] of snapshots) {
    const isSimple = idsOf(snapshot).every((id) => inputs.resolved.get(id)?.dynamic === undefined)
    if (isSimple) plans.push(await plan(context, run, snapshot, inputs))
  }
  return plans
}

const idsOf = ({ definition }: RunSnapshot): string[] =>
  definition.assetsResolutionInfo.map(({ id }) => id.toLowerCase())

async function readInputs(
  { database: { kysely: db } }: TaskContext,
  snapshots: readonly RunSnapshot[],
  mostAssets?: number,
): Promise<RunInputs & { readonly isWhole: boolean }> {
  // Where thousands of runs start at once, each waits for the database once and not three times.
  const [{ resolved, isWhole }, { standards }, folders] = await Promise.all([
    resolveAssets(db, snapshots.flatMap(idsOf), mostAssets),
    pinStandards(
      db,
      snapshots.flatMap(({ definition }) => definition.standards),
    ),
    foldersOfAccounts(
      db,
      snapshots.map(({ createdBy }) => createdBy),
    ),
  ])
  return { resolved, isWhole, standards, folders }
}

async function plan(
  { database: { kysely: db } }: TaskContext,
  run: RunRow,
  snapshot: RunSnapshot,
  inputs: RunInputs,
): Promise<RunPlan> {
  const messages: string[] = []
  const { definition, createdBy, rerun } = snapshot
  const named = new Set(definition.standards)
  const pinned = inputs.standards.filter(({ id }) => named.has(id))
  const standards =
    definition.scripts === 'refuse' ? pinned.map((standard) => ({ ...standard, allowsScripts: false })) : pinned
  const ids = [...new Set(idsOf(snapshot))]
  const found = ids.flatMap((id) => inputs.resolved.get(id) ?? [])
  const byId = new Map(found.flatMap(({ assets }) => assets.map((asset) => [asset.id, asset])))
  const dynamic = found.flatMap((one) => one.dynamic ?? [])
  for (const group of dynamic.toSorted((one, other) => (one.name < other.name ? -1 : 1))) {
    for (const asset of await membersOf(db, group, messages)) byId.set(asset.id, asset)
  }
  for (const id of ids) {
    if (inputs.resolved.has(id)) continue
    messages.push(`The asset or asset group ${id} does not exist any more; update the job.`)
  }
  for (const id of definition.standards) {
    if (pinned.some((standard) => standard.id === id)) continue
    messages.push(`The standard ${id} does not exist any more; update the job.`)
  }
  if (standards.length === 0) {
    messages.push('The job names no standard that exists; nothing could be checked. Add standards to the job.')
    return { run, snapshot, assets: [], standards, messages }
  }
  const permitted = permittedAssets(
    [...byId.values()],
    createdBy,
    inputs.folders.get(createdBy.toLowerCase()),
    messages,
  )
  const incomplete = rerun === null ? undefined : await incompleteAssets(db, rerun.of)
  const wanted = new Set(incomplete)
  const assets = incomplete === undefined ? permitted : permitted.filter(({ id }) => wanted.has(id))
  if (assets.length === 0) messages.push('No asset is left to work on. Check the assets and asset groups of the job.')
  return { run, snapshot, assets, standards, messages }
}

/** The assets that a group's expression finds at this moment. */
async function membersOf(
  db: TaskContext['database']['kysely'],
  { name, expression }: DynamicGroup,
  messages: string[],
): Promise<RunInputAsset[]> {
  try {
    const members = await assetsThatAgree(db, parseAssetExpression(expression))
    if (members.length === 0) messages.push(`The asset group ${name} is empty now: no asset agrees with ${expression}.`)
    return members
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
