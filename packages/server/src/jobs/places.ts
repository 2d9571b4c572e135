/** `silent`: there is nobody yet to keep a session for, which costs hardly more than waiting for a place; `stuck`: there is. */
export type Lateness = 'silent' | 'stuck'

/** So many sessions that came to a stand may wait aside for each place. */
const stuckPerPlace = 5

/** At most so many pieces of work at a time, in the order in which they were asked for. */
export interface Places {
  hold<Value>(work: () => Promise<Value>): Promise<Value>
  /**
   * Within a piece of work: waits without its place, which others have meanwhile, and goes on before those that have not
   * begun. Of those that are `stuck` only so many do; the others keep their places.
   */
  stepAside<Value>(wait: Promise<Value>, lateness?: Lateness): Promise<Value>
  mayStepAside(lateness: Lateness): boolean
}

export function openPlaces(count: number): Places {
  let free = count
  let stuck = 0
  const mayStepAside = (lateness: Lateness): boolean => lateness === 'silent' || stuck < count * stuckPerPlace
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
    mayStepAside,
    async stepAside(wait, lateness = 'silent') {
      if (!mayStepAside(lateness)) return wait
      if (lateness === 'stuck') stuck += 1
      giveBack()
      try {
        return await wait
      } finally {
        if (lateness === 'stuck') stuck -= 1
        await take(returning)
      }
    },
  }
}
