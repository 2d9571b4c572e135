import type { Log } from '../log.ts'

/** The moments that workers of stopped runs are given. Each ends with an act; none holds a place of the queue meanwhile. */
export interface Graces {
  /** Acts after `ms`, once for each run however often it was asked. */
  give(runId: string, ms: number, act: () => Promise<unknown>): void
  /** Forgets those that have not ended, and waits for the others. */
  close(): Promise<void>
}

export function createGraces(log: Log): Graces {
  const timers = new Map<string, NodeJS.Timeout>()
  const acts = new Set<Promise<unknown>>()
  return {
    give(runId, ms, act) {
      if (timers.has(runId)) return
      const end = (): void => {
        timers.delete(runId)
        const acting = act()
          .catch((error: unknown) => log.warn({ err: error, runId }, 'a stopped run could not be ended'))
          .finally(() => acts.delete(acting))
        acts.add(acting)
      }
      timers.set(runId, setTimeout(end, ms))
    },
    async close() {
      for (const timer of timers.values()) clearTimeout(timer)
      timers.clear()
      await Promise.all(acts)
    },
  }
}
