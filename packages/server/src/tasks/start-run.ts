import { createHash } from 'node:crypto'
import { sql } from 'kysely'
import type { Transaction } from '../db/database.ts'
import { jitterSeconds } from '../jobs/jitter.ts'
import { collectionLimitMs, isJobType, jobRunLimitMs } from '../jobs/job-definition.ts'
import type { EnqueueOptions } from '../jobs/queue.ts'
import { addRunMessages, priorityOf } from '../jobs/run-requests.ts'
import { beginRuns, findRunRow, findRunRows, finishRunIfDone, takePart } from '../jobs/run-transitions.ts'
import type { RunPart, RunRow } from '../jobs/run-transitions.ts'
import type { TaskData } from '../jobs/task-kinds.ts'
import { priorityOfTurn, waitingTurn } from '../jobs/turns.ts'
import { planRun, planRunsTogether } from './run-plan.ts'
import type { RunPlan } from './run-plan.ts'
import { collects, readSnapshot } from './run-snapshot.ts'
import type { RunSnapshot } from './run-snapshot.ts'
import type { TaskContext } from './task-context.ts'

type StartOf = TaskData['start-run']

/**
 * Starts a run: says which assets it works on and pins the standards, in one transaction that holds only while the run is
 * queued; then makes a task for each asset, the first of them in that transaction and the others part by part. All assets
 * are there from the beginning, so that the run does not end before each has had its task; a stop of the run, and on the
 * embedded database everybody else, waits for one part at most. Tried twice, the second goes on where the first stopped.
 */
export async function startRun(context: TaskContext, { runId }: StartOf): Promise<void> {
  const { database, queue } = context
  const run = await findRunRow(database.kysely, runId)
  if (run === undefined) return
  const snapshot = readSnapshot(run)
  if (!isJobType(snapshot.type)) {
    const began = await database.kysely.transaction().execute(async (tx) => {
      const begun = await beginRuns(tx, [{ id: runId, snapshot }], { tasks: 0, firstTurn: 0, locked: 'wait' })
      if (begun.size === 0) return false
      await queue.enqueue(tx, 'system-job', { runId }, { priority: priorityOf(run.trigger) })
      await enqueueLimits(context, tx, [{ run, snapshot }])
      return true
    })
    if (began) noteStart(context, run, snapshot)
    return
  }
  const [begun] = run.status === 'Queued' ? await begin(context, [await planRun(context, run)], 'wait') : []
  // Otherwise another try was first, and may have found other assets.
  const assetIds = begun?.assetIds ?? (await assetsOf(context, runId))
  if (assetIds.length === 0) await finishRunIfDone(queue, database.kysely, runId)
  if (assetIds.length <= partSize && run.status === 'Queued') return
  while (await makeNextTasks(context, run, snapshot, assetIds)) {
    // Each part is a transaction of its own: in between it is the turn of others.
  }
}

/**
 * Starts the small ones of several runs, many in one transaction with as many statements as one of them takes: when thousands
 * are due at a moment, that is what their start costs. Answers with those that need nothing more; each of the others is
 * started by itself, as are all of them when this fails. A run that somebody is just changing is not waited for.
 */
export async function startRunsTogether(
  context: TaskContext,
  tasks: readonly StartOf[],
): Promise<ReadonlySet<StartOf>> {
  const { database, queue } = context
  const rows = await findRunRows(
    database.kysely,
    tasks.map(({ runId }) => runId),
  )
  const queued = rows.filter((run) => run.status === 'Queued' && isJobType(readSnapshot(run).type))
  const plans = await planRunsTogether(context, queued)
  const started = new Set<string>()
  for (const part of inParts(plans.filter(({ assets }) => assets.length <= partSize))) {
    for (const { plan, assetIds } of await begin(context, part, 'skip')) {
      if (assetIds.length === 0) await finishRunIfDone(queue, database.kysely, plan.run.id)
      started.add(plan.run.id)
    }
  }
  return new Set(tasks.filter(({ runId }) => started.has(runId)))
}

/** As many as have the assets of a part together, or two parts at most. */
function* inParts(plans: readonly RunPlan[]): Generator<readonly RunPlan[]> {
  let part: RunPlan[] = []
  let assets = 0
  for (const plan of plans) {
    part.push(plan)
    assets += plan.assets.length
    if (assets < partSize) continue
    yield part
    part = []
    assets = 0
  }
  if (part.length > 0) yield part
}

interface BegunRun {
  readonly plan: RunPlan
  /** In the order of their tasks. */
  readonly assetIds: readonly string[]
}

/** Answers with those that have begun by this. */
async function begin(context: TaskContext, plans: readonly RunPlan[], locked: 'skip' | 'wait'): Promise<BegunRun[]> {
  if (plans.length === 0) return []
  const alike = Map.groupBy(plans, ({ run, snapshot }) => `${kindOfTasks(snapshot)} ${run.trigger}`)
  const begun = await context.database.kysely.transaction().execute(async (tx) => {
    const all: BegunRun[] = []
    for (const some of alike.values()) all.push(...(await beginAlike(context, tx, some, locked)))
    return all
  })
  for (const { plan, assetIds } of begun) noteStart(context, plan.run, plan.snapshot, assetIds.length)
  return begun
}

/** Runs of one trigger whose tasks are of one kind. */
async function beginAlike(
  context: TaskContext,
  tx: Transaction,
  plans: readonly RunPlan[],
  locked: 'skip' | 'wait',
): Promise<BegunRun[]> {
  const [first] = plans
  if (first === undefined) return []
  const kind = kindOfTasks(first.snapshot)
  const parts = await beginRuns(
    tx,
    plans.map(({ run, snapshot, standards }) => ({ id: run.id, snapshot: { ...snapshot, standards } })),
    { tasks: partSize, firstTurn: waitingTurn(kind, first.run.trigger), locked },
  )
  const begun = plans.flatMap((plan) => {
    const part = parts.get(plan.run.id)
    const ids = plan.assets.map(({ id }) => id)
    return part === undefined ? [] : [{ plan, part, assetIds: shuffle(plan.run.id, ids) }]
  })
  await addRunMessages(
    tx,
    begun.flatMap(({ plan: { run, messages } }) => messages.map((text) => ({ runId: run.id, phase: 'start', text }))),
  )
  const pairs = begun.flatMap(({ plan, assetIds }) => assetIds.map((assetId) => [plan.run.id, assetId] as const))
  if (pairs.length > 0) {
    await sql`
      insert into run_assets (run_id, asset_id, state)
      select run_id, asset_id, ${collects(first.snapshot) ? 'waiting' : 'collected'}
      from unnest(${pairs.map(([runId]) => runId)}::uuid[], ${pairs.map(([, assetId]) => assetId)}::uuid[])
        as sent (run_id, asset_id)`.execute(tx)
  }
  const tasks = begun.flatMap(({ plan, assetIds, part }) => tasksOf(context, plan.run, plan.snapshot, assetIds, part))
  await context.queue.enqueueMany(tx, kind, tasks)
  await enqueueLimits(
    context,
    tx,
    begun.map(({ plan }) => plan),
  )
  return begun
}

async function enqueueLimits(
  { queue }: TaskContext,
  tx: Transaction,
  runs: readonly Pick<RunPlan, 'run' | 'snapshot'>[],
): Promise<void> {
  const limits = {
    'end-run': (snapshot: RunSnapshot) => jobRunLimitMs(snapshot.definition),
    'end-collection': collectionLimitMs,
  }
  for (const kind of ['end-run', 'end-collection'] as const) {
    await queue.enqueueMany(
      tx,
      kind,
      runs.flatMap(({ run, snapshot }) => {
        const limitMs = limits[kind](snapshot)
        return limitMs === undefined ? [] : [{ data: { runId: run.id }, startAfterSeconds: Math.ceil(limitMs / 1000) }]
      }),
    )
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
    await context.queue.enqueueMany(tx, kindOfTasks(snapshot), tasksOf(context, run, snapshot, assetIds, part))
    return true
  })
}

function tasksOf(
  { settings }: TaskContext,
  run: RunRow,
  snapshot: RunSnapshot,
  assetIds: readonly string[],
  { from, firstTurn }: RunPart,
): (EnqueueOptions & { readonly data: TaskData['collect-asset'] })[] {
  const mostJitter = collects(snapshot) ? mostJitterSeconds(run, snapshot, settings.jitterSeconds) : 0
  return assetIds.slice(from, from + partSize).map((assetId, index) => ({
    data: { runId: run.id, assetId },
    priority: priorityOfTurn(run.trigger, firstTurn, from + index),
    key: assetId,
    ...(mostJitter === 0 ? {} : { startAfterSeconds: jitterSeconds(run.id, assetId, mostJitter) }),
  }))
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
