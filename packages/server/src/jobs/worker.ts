import type { Queue, TaskHandler, TogetherHandler } from './queue.ts'
import { taskKinds } from './task-kinds.ts'
import type { TaskKind } from './task-kinds.ts'

/** What this process does for each kind of task; a kind that is left out is left to other processes. */
export type TaskHandlers = {
  readonly [Kind in TaskKind]?: {
    readonly concurrency: number
    readonly handle: TaskHandler<Kind>
    readonly handleTogether?: TogetherHandler<Kind>
  }
}

/** Takes tasks off the queue. It ends with the queue: `queue.stop`. */
export async function startWorking(
  queue: Queue,
  handlers: TaskHandlers,
  onDead: Parameters<Queue['onDead']>[0],
): Promise<void> {
  for (const kind of taskKinds) await workOn(queue, kind, handlers)
  await queue.onDead(onDead)
}

async function workOn<Kind extends TaskKind>(queue: Queue, kind: Kind, handlers: TaskHandlers): Promise<void> {
  const handler: TaskHandlers[Kind] = handlers[kind]
  if (handler !== undefined) await queue.work(kind, handler.concurrency, handler.handle, handler.handleTogether)
}
