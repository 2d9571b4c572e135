import type { JobResult, JobWithMetadata, PgBoss, WorkOptions } from 'pg-boss'
import { openPlaces } from './places.ts'
import type { Precedence } from './precedence.ts'

/** Wakes a loop that nothing else woke. */
export const lastResortSeconds = 60

export interface Loops {
  readonly concurrency: number
  readonly pollSeconds: number
  readonly batch: number
  /** Leaves less urgent tasks to others. */
  readonly minPriority?: number
  /** Encloses the handling of a full batch. */
  readonly around?: Precedence['goFirst'] | undefined
}

/** Waits without a place among those that are worked on at a time. */
export type StepAside = <Value>(wait: Promise<Value>) => Promise<Value>

type Handle<Data extends object> = (task: JobWithMetadata<Data>, stepAside: StepAside) => Promise<void>

/** Answers with the data of the tasks that are done; it does not fail. */
type HandleTogether<Data extends object> = (tasks: readonly JobWithMetadata<Data>[]) => Promise<ReadonlySet<Data>>

/**
 * `concurrency` loops that take task after task while there are any and then sleep. New tasks wake them all; those that
 * were put off (a retry, a time limit) are found by the first loop, which looks every `pollSeconds`. A loop that found a
 * task wakes the next one, so that idle loops cost nothing and none sleeps while tasks wait.
 *
 * A task that steps aside leaves its place, and has another loop look for tasks meanwhile; it goes on when a place is
 * free again. So never more than `concurrency` tasks are worked on, however many wait.
 */
export async function takeTasks<Data extends object>(
  boss: PgBoss,
  name: string,
  { concurrency, pollSeconds, batch, minPriority, around = (act) => act() }: Loops,
  handle: Handle<Data>,
  handleTogether?: HandleTogether<Data>,
): Promise<void> {
  const places = openPlaces(concurrency)

  const startLoop = (
    seconds: number,
    handleAll: (tasks: readonly JobWithMetadata<Data>[]) => Promise<JobResult[]>,
  ): Promise<string> =>
    boss.work<Data, JobResult[], WorkOptions & { includeMetadata: true; perJobResults: true }>(
      name,
      {
        includeMetadata: true,
        perJobResults: true,
        batchSize: batch,
        ...(minPriority === undefined ? {} : { minPriority }),
        notifyPollingIntervalSeconds: seconds,
        // Without notifications this is what starts a task.
        pollingIntervalSeconds: 1,
      },
      handleAll,
    )

  const settleAll = (tasks: readonly JobWithMetadata<Data>[]): Promise<JobResult[]> =>
    places.hold(async () => {
      const settled: JobResult[] = []
      const done = tasks.length > 1 ? await handleTogether?.(tasks) : undefined
      // The library takes the most urgent, and gives them in no order.
      for (const task of tasks.toSorted((a, b) => b.priority - a.priority)) {
        settled.push(await settle(task, async (one) => (done?.has(one.data) ? undefined : handle(one, stepAside))))
      }
      return settled
    })

  const stepAside: StepAside = async (wait) => {
    const back = places.stepAside(wait)
    const standIn: Promise<string | undefined> = startLoop(lastResortSeconds, async (tasks) => {
      const settled = await settleAll(tasks)
      const id = await standIn
      if (id !== undefined) boss.notifyWorker(id)
      return settled
      // Without one, as when the queue stops, nobody uses the place meanwhile: no reason to give up what is waited for.
    }).catch(() => undefined)
    try {
      return await back
    } finally {
      const id = await standIn
      // It ends what it has begun.
      if (id !== undefined) await boss.offWork(name, { id, wait: false })
    }
  }

  const loops: string[] = []
  const wake = (loop: number): void => {
    const id = loops[loop % concurrency]
    if (id !== undefined) boss.notifyWorker(id)
  }
  for (let loop = 0; loop < concurrency; loop += 1) {
    loops[loop] = await startLoop(loop === 0 ? pollSeconds : lastResortSeconds, async (tasks) => {
      wake(loop + 1)
      const settle = (): Promise<JobResult[]> => settleAll(tasks)
      const results = await (tasks.length < batch ? settle() : around(settle))
      // Without this the library sleeps after each task, however many are waiting.
      wake(loop)
      return results
    })
  }
}

async function settle<Data extends object>(
  task: JobWithMetadata<Data>,
  handle: (task: JobWithMetadata<Data>) => Promise<void>,
): Promise<JobResult> {
  try {
    await handle(task)
    return { id: task.id, status: 'completed' }
  } catch (error) {
    return {
      id: task.id,
      status: 'failed',
      output: { message: error instanceof Error ? error.message : String(error) },
    }
  }
}
