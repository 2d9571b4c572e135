/** Sessions that a process has open at most where nothing else is said: those that have a place, and those that hang. */
export const usualMaxSessions = 200

/** At most so many pieces of work at a time, in the order in which they were asked for. */
export interface Places {
  hold<Value>(work: () => Promise<Value>): Promise<Value>
  /**
   * Within a piece of work: waits without its place, which others have meanwhile, and goes on before those that have not
   * begun.
   */
  stepAside<Value>(wait: Promise<Value>): Promise<Value>
}

export function openPlaces(count: number): Places {
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
