import type { Kysely } from 'kysely'
import type { Tables } from '../db/schema.ts'
import type { Log } from '../log.ts'
import type { RunStatus } from './states.ts'

/** Why the signal of a run fires: it does not execute any more. */
export class RunStopped extends Error {
  override readonly name = 'RunStopped'
  constructor() {
    super('the run is being stopped')
  }
}

export interface RunWatch {
  /** A signal that fires when the run is to stop; `release` it when the task is over. */
  watch(runId: string): { readonly signal: AbortSignal; release(): void }
  close(): void
}

/**
 * Tells the tasks of this worker when their run is to stop. Two queries a second while there are tasks, none otherwise:
 * an abort must end a run within two seconds, whichever process took the request, and closing the sessions takes time too.
 */
export function createRunWatch(db: Kysely<Tables>, log: Log, pollMs = 500): RunWatch {
  const watched = new Map<string, { readonly stop: AbortController; tasks: number }>()
  let timer: NodeJS.Timeout | undefined

  const poll = async (): Promise<void> => {
    const asked = [...watched]
    if (asked.length === 0) return
    const rows = await db
      .selectFrom('job_runs')
      .select('id')
      .where(
        'id',
        'in',
        asked.map(([runId]) => runId),
      )
      .where('status', '=', 'Executing' satisfies RunStatus)
      .execute()
    const executing = new Set(rows.map(({ id }) => id))
    for (const [runId, { stop }] of asked) if (!executing.has(runId)) stop.abort(new RunStopped())
  }
  const schedule = (): void => {
    timer ??= setTimeout(() => {
      poll()
        // Not knowing is no reason to stop; the next poll may know.
        .catch((error: unknown) => log.warn({ err: error }, 'cannot see whether runs are to stop'))
        .finally(() => {
          timer = undefined
          if (watched.size > 0) schedule()
        })
    }, pollMs)
  }

  return {
    watch(runId) {
      const entry = watched.get(runId) ?? { stop: new AbortController(), tasks: 0 }
      watched.set(runId, entry)
      entry.tasks += 1
      schedule()
      return {
        signal: entry.stop.signal,
        release() {
          entry.tasks -= 1
          if (entry.tasks === 0) watched.delete(runId)
        },
      }
    },
    close() {
      clearTimeout(timer)
      watched.clear()
    },
  }
}
