import { getHeapStatistics } from 'node:v8'

/** `laden`: what was done so far is kept meanwhile. The others cost hardly more aside than waiting for a place. */
export type Lateness = 'silent' | 'stuck' | 'laden'

/** Measured late in a profile of 273 rules: 12 MB for a session and what it has collected. A login that hangs takes below 2 MB. */
function memoryIsLeft(): boolean {
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external < getHeapStatistics().heap_size_limit / 2
}

/** At most so many pieces of work at a time, in the order in which they were asked for. */
export interface Places {
  hold<Value>(work: () => Promise<Value>): Promise<Value>
  /**
   * Within a piece of work: waits without its place, which others have meanwhile, and goes on before those that have not
   * begun.
   */
  stepAside<Value>(wait: Promise<Value>): Promise<Value>
  /** Not for those that are `laden` while half of the memory that this process may have is in use. */
  mayStepAside(lateness: Lateness): boolean
}

export function openPlaces(count: number, hasRoom = memoryIsLeft): Places {
  let free = count
  const returning: (() => void)[] = []
  const waiting: (() => void)[] = []
  const take = async (line: (() => void)[]): Promise<void> => {
    if (free > 0) free -= 1
    else await new Promise<void>((resolve) => line.push(resolve))
  }
  const giveBack = (): void => {
    const next = returning.shift() ?? waiting.shift()
    if (next === undefined) free += 1
    else next()
  }
  return {
    async hold(work) {
      await take(waiting)
      try {
        return await work()
      } finally {
        giveBack()
      }
    },
    mayStepAside: (lateness) => lateness !== 'laden' || hasRoom(),
    async stepAside(wait) {
      giveBack()
      try {
        return await wait
      } finally {
        await take(returning)
      }
    },
  }
}
