import { addRunMessages } from '../jobs/run-requests.ts'
import { endWaiting, lockRun } from '../jobs/run-transitions.ts'
import { priorityAfterTurn } from '../jobs/turns.ts'
import { collectionTimeOut } from './collection-failure.ts'
import type { TaskContext } from './task-context.ts'

/** So many assets in one transaction: in between it is the turn of others. */
const partSize = 500

/**
 * Comes due with the limit of the collection phase, and goes on to the evaluation of what still waits to be collected: for
 * its turn, or for the session that another run has with the asset. What is being collected is cut by who collects it.
 */
export async function endCollection(context: TaskContext, { runId }: { readonly runId: string }): Promise<void> {
  while ((await endPart(context, runId)) === partSize) {
    // Each part is a transaction of its own.
  }
}

async function endPart({ database, queue, log }: TaskContext, runId: string): Promise<number> {
  const { code: reason, message } = collectionTimeOut()
  const { jobId, assetIds } = await database.kysely.transaction().execute(async (tx) => {
    const run = await lockRun(tx, runId)
    if (run?.status !== 'Executing') return { jobId: undefined, assetIds: [] }
    const ended = await endWaiting(tx, runId, { reason, message }, partSize)
    await addRunMessages(
      tx,
      ended.map((assetId) => ({ runId, assetId, phase: 'collection', text: message })),
    )
    await queue.enqueueMany(
      tx,
      'evaluate-asset',
      ended.map((assetId) => ({ data: { runId, assetId }, priority: priorityAfterTurn(run.trigger) })),
    )
    return { jobId: run.jobId, assetIds: ended }
  })
  for (const assetId of assetIds) log.warn({ runId, jobId, assetId, reason }, 'an asset failed')
  return assetIds.length
}
