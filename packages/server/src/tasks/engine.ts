import type { Database } from '../db/database.ts'
import { startDispatcher } from '../jobs/dispatch.ts'
import type { Queue } from '../jobs/queue.ts'
import { createRunWatch } from '../jobs/run-watch.ts'
import { startWorking } from '../jobs/worker.ts'
import type { Log } from '../log.ts'
import type { Reporting } from '../reporting/reporting.ts'
import { buryTask } from './dead-task.ts'
import { taskHandlers } from './handlers.ts'
import { sessionOpener } from './open-session.ts'
import { createStandardLibrary } from './standards.ts'
import type { LoadBenchmark } from './standards.ts'
import type { TaskContext, TaskSettings } from './task-context.ts'

export interface EngineOptions {
  readonly database: Database
  readonly queue: Queue
  readonly log: Log
  /** Undefined where reports are not configured; closed with the engine. */
  readonly reporting: Reporting | undefined
  readonly loadBenchmark: LoadBenchmark
  readonly settings: TaskSettings & { readonly concurrency: number; readonly commandTimeoutSeconds: number }
}

export interface Engine {
  /** Ends within ten seconds: tasks that are under way get eight of them, and are tried again elsewhere after that. */
  stop(): Promise<void>
}

/** Everything of a process that makes jobs run: it starts what is due and takes tasks off the queue. */
export async function startEngine(options: EngineOptions): Promise<Engine> {
  const { database, queue, log, reporting, settings } = options
  const watch = createRunWatch(database.kysely, log)
  const context: TaskContext = {
    database,
    queue,
    log,
    watch,
    reporting,
    settings,
    standards: createStandardLibrary(options.loadBenchmark),
    openSession: sessionOpener(settings),
  }
  await startWorking(queue, taskHandlers(context, settings.concurrency), (task) => buryTask(context, task))
  // What an outage left behind does not wait for the next run.
  if (reporting !== undefined) {
    await database.kysely.transaction().execute((tx) => queue.enqueue(tx, 'synchronise', {}, { key: 'reporting' }))
  }
  const dispatcher = startDispatcher(database, queue, settings.timeZone, log)
  return {
    async stop() {
      await dispatcher.stop()
      await queue.stop()
      watch.close()
      await reporting?.close()
    },
  }
}
