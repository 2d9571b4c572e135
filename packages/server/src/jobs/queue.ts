import type { Kysely } from 'kysely'
import { PgBoss, fromKysely } from 'pg-boss'
import type { JobInsert, JobWithMetadata } from 'pg-boss'
import type { Database, Transaction } from '../db/database.ts'
import type { Tables } from '../db/schema.ts'
import type { Log } from '../log.ts'
import { createPrecedence } from './precedence.ts'
import { requestAborts, requestRun, requestRuns, urgentPriority } from './run-requests.ts'
import type { AbortOutcome, AbortWish, RunOutcome, RunRequest, RunWish } from './run-requests.ts'
import { steadyClock } from './steady-clock.ts'
import { taskKinds, taskPolicies } from './task-kinds.ts'
import type { TaskData, TaskKind } from './task-kinds.ts'
import { lastResortSeconds, takeTasks } from './task-loops.ts'
import type { StepAside } from './task-loops.ts'

/**
 * The durable queue: pg-boss on the production database, wrapped once. A task is enqueued in the transaction of the
 * change that causes it, leased to one worker, tried again when that worker is lost, and handed to `onDead` after its
 * last try. What a task means for a run is written in our own rows; the queue only sees that it is done.
 */
export interface Queue {
  /** In the transaction of what causes it; by itself where nothing is written that does. */
  enqueue<Kind extends TaskKind>(
    tx: Transaction | Kysely<Tables>,
    kind: Kind,
    data: TaskData[Kind],
    options?: EnqueueOptions,
  ): Promise<void>
  enqueueMany<Kind extends TaskKind>(
    tx: Transaction | Kysely<Tables>,
    kind: Kind,
    tasks: readonly (EnqueueOptions & { readonly data: TaskData[Kind] })[],
  ): Promise<void>
  /** Makes a run of the job as it is in this transaction, unless one is under way. */
  requestRun(tx: Transaction, job: { readonly id: string }, request: RunRequest): Promise<RunOutcome>
  /** The same for many jobs in a few statements; answers with the runs that were made. */
  requestRuns(
    tx: Transaction,
    wishes: readonly RunWish[],
  ): Promise<{ readonly jobId: string; readonly runId: string }[]>
  /** Stops runs wherever they are. The caller records who asked. */
  requestAborts(tx: Transaction, wishes: readonly AbortWish[]): Promise<AbortOutcome[]>
  /**
   * Runs `handler` for tasks of a kind, at most `concurrency` at a time in this process. Of the kinds that may take long
   * some of these places are kept for what somebody waits for. Tasks that are taken together are offered to `together`
   * first; those that are not among its answer, all when it fails, are left to `handler`.
   */
  work<Kind extends TaskKind>(
    kind: Kind,
    concurrency: number,
    handler: TaskHandler<Kind>,
    together?: TogetherHandler<Kind>,
  ): Promise<void>
  /** Runs `handler` for tasks whose last try was lost. */
  onDead(handler: (task: DeadTask, attempt: Pick<Attempt, 'number'>) => Promise<void>): Promise<void>
  /** Ends tries within `graceMs`; what is still under way then is aborted and goes to another worker. */
  stop(graceMs?: number): Promise<void>
}

export interface EnqueueOptions {
  /** Higher first. */
  readonly priority?: number
  readonly startAfterSeconds?: number
  /** Meaningful for kinds that run one at a time by key. */
  readonly key?: string
}

export interface Attempt {
  /** Aborted when the lease is lost or the worker stops. */
  readonly signal: AbortSignal
  /** From 1. */
  readonly number: number
  readonly isLast: boolean
  /** Lends the task's place to other tasks while it only waits, for something that may take long and costs nothing. */
  readonly stepAside?: StepAside | undefined
}

export type TaskHandler<Kind extends TaskKind> = (data: TaskData[Kind], attempt: Attempt) => Promise<void>

/** Does what can be done for several tasks at once; answers with those that are done. */
export type TogetherHandler<Kind extends TaskKind> = (
  tasks: readonly TaskData[Kind][],
) => Promise<ReadonlySet<TaskData[Kind]>>

export type DeadTask = {
  [Kind in TaskKind]: { readonly kind: Kind; readonly data: TaskData[Kind]; readonly error: string }
}[TaskKind]

const deadTasks = 'dead-tasks'

/** A lost worker is noticed this long after its last sign of life (the library's least). */
const heartbeatSeconds = 10

export async function createQueue(database: Database, log: Log): Promise<Queue> {
  const boss = new PgBoss({
    db: database.boss(),
    schema: 'pgboss',
    backend: database.kind === 'embedded' ? 'pglite' : 'postgres',
    useListenNotify: true,
    clock: steadyClock,
    // Schedules are ours: they follow the contract's rules, not cron's.
    schedule: false,
    superviseIntervalSeconds: heartbeatSeconds,
    monitorIntervalSeconds: heartbeatSeconds,
    registerInstance: false,
    // The embedded database has one connection and does its own vacuuming.
    monitorVacuum: database.kind === 'server',
    reindex: database.kind === 'server',
  })
  boss.on('error', (error) => log.error({ err: error }, 'the queue met an error'))
  boss.on('warning', (warning) => log.warn(warning.data, warning.message))
  try {
    await boss.start()
    await createQueues(boss)
    if (database.kind === 'embedded') await releaseAbandonedTasks(boss)
  } catch (error) {
    // Its timers would keep the process, and ask a closed database for ever.
    await boss.stop({ graceful: false })
    throw error
  }
  const precedence = createPrecedence()
  let stopping = false

  const queue: Queue = {
    async enqueue(tx, kind, data, options = {}) {
      await queue.enqueueMany(tx, kind, [{ data, ...options }])
    },
    async enqueueMany(tx, kind, tasks) {
      const db = fromKysely(tx)
      for (const part of inParts(tasks, 1000)) await boss.insert(kind, part.map(asInsert), { db })
    },
    requestRun: (tx, job, request) => requestRun(queue, tx, job, request),
    requestRuns: (tx, wishes) => requestRuns(queue, tx, wishes),
    requestAborts: (tx, wishes) => requestAborts(queue, tx, wishes),

    async work(kind, concurrency, handler, together) {
      const { pollSeconds, retries, batch = 1, keepsPlaces = false, goes } = taskPolicies[kind]
      const handle = async (task: JobWithMetadata<TaskData[typeof kind]>, stepAside: StepAside): Promise<void> => {
        const number = task.retryCount + 1
        try {
          if (goes === 'after' && task.priority < urgentPriority) await precedence.waitForFirst(task.signal)
          await handler(task.data, { signal: task.signal, number, isLast: number > retries, stepAside })
        } catch (error) {
          log.warn({ err: error, task: kind, attempt: number, ...(task.data as object) }, 'a task failed')
          throw error
        }
      }
      const handleTogether =
        together &&
        (async (tasks: readonly JobWithMetadata<TaskData[typeof kind]>[]) => {
          try {
            return await together(tasks.map(({ data }) => data))
          } catch (error) {
            log.warn({ err: error, task: kind }, 'tasks could not be done together; each is done by itself')
            return new Set<TaskData[typeof kind]>()
          }
        })
      const kept = keepsPlaces ? keptPlaces(concurrency) : 0
      const around = goes === 'first' ? precedence.goFirst : undefined
      const loops = { concurrency: concurrency - kept, pollSeconds, batch, around }
      await takeTasks(boss, kind, loops, handle, handleTogether)
      // The other loops look for tasks that were put off; these only have to be there when one comes.
      await takeTasks(
        boss,
        kind,
        { concurrency: kept, pollSeconds: lastResortSeconds, batch, minPriority: urgentPriority },
        handle,
      )
    },

    async onDead(handler) {
      await takeTasks(
        boss,
        deadTasks,
        { concurrency: 1, pollSeconds: 5, batch: 1 },
        async (task: JobWithMetadata<never>) => {
          // Kind and data were put there together by this file.
          const kind = task.sourceName as TaskKind
          log.error({ task: kind, ...(task.data as object), output: task.sourceOutput }, 'a task was given up')
          const dead = { kind, data: task.data, error: messageOf(task.sourceOutput) } as DeadTask
          await handler(dead, { number: task.retryCount + 1 })
        },
      )
    },

    async stop(graceMs = 3000) {
      if (stopping) return
      stopping = true
      await boss.stop({ graceful: true, close: false, timeout: graceMs })
    },
  }
  return queue
}

async function createQueues(boss: PgBoss): Promise<void> {
  const existing = new Set((await boss.getQueues()).map(({ name }) => name))
  const ensure = async (name: string, options: Parameters<PgBoss['createQueue']>[1]): Promise<void> => {
    if (!existing.has(name)) await boss.createQueue(name, options)
    // Also puts the queue into the library's cache: later look-ups would ask outside of our transaction, and with the
    // embedded database's one connection they would wait for it for ever.
    await boss.findJobs(name, { limit: 1 })
  }
  const common = {
    notify: true,
    expireInSeconds: 23 * 3600,
    heartbeatSeconds,
    retentionSeconds: 30 * 24 * 3600,
    deleteAfterSeconds: 3600,
  }
  await ensure(deadTasks, { ...common, retryLimit: 10, retryDelay: 1, retryBackoff: true, retryDelayMax: 60 })
  for (const kind of taskKinds) {
    const { retries, retryDelaySeconds, oneAtATime } = taskPolicies[kind]
    await ensure(kind, {
      ...common,
      policy: oneAtATime ? 'singleton' : 'standard',
      retryLimit: retries,
      retryDelay: retryDelaySeconds,
      retryBackoff: true,
      retryDelayMax: 60,
      deadLetter: deadTasks,
    })
  }
}

/** One place in eight, and at least one where there are two: enough to begin at once, little for a fleet to miss. */
function keptPlaces(concurrency: number): number {
  return concurrency < 2 ? 0 : Math.max(1, Math.floor(concurrency / 8))
}

/**
 * The embedded database belongs to one process, so whatever is leased when it opens belongs to nobody: no need to wait
 * for heartbeats to be missed.
 */
async function releaseAbandonedTasks(boss: PgBoss): Promise<void> {
  const { rows } = await boss.getDb().executeSql("select name, id from pgboss.job where state = 'active'")
  for (const { name, id } of rows as { name: string; id: string }[]) {
    await boss.fail(name, id, { message: 'the server stopped while the task was under way' })
  }
}

function asInsert({ data, priority, startAfterSeconds, key }: EnqueueOptions & { data: object }): JobInsert {
  return {
    data,
    ...(priority === undefined ? {} : { priority }),
    ...(startAfterSeconds === undefined ? {} : { startAfter: startAfterSeconds }),
    ...(key === undefined ? {} : { singletonKey: key }),
  }
}

function* inParts<Value>(values: readonly Value[], size: number): Generator<readonly Value[]> {
  for (let start = 0; start < values.length; start += size) yield values.slice(start, start + size)
}

function messageOf(output: object | null): string {
  const message = output !== null && 'message' in output ? output.message : undefined
  return typeof message === 'string' ? message : 'the worker was lost'
}
