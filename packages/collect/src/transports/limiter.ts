/** Lets at most `limit` of the given pieces of work run at a time; the others wait in line, however long it is. */
export function limiter(limit: number): <Value>(work: () => Promise<Value>) => Promise<Value> {
  let running = 0
  let waiting: (() => void)[] = []
  let first = 0
  const next = (): (() => void) | undefined => {
    const taken = waiting[first]
    first += 1
    // Not shift: it moves all others, and a hundred thousand may wait.
    if (first >= waiting.length) {
      waiting = []
      first = 0
    }
    return taken
  }
  return async (work) => {
    if (running >= limit) await new Promise<void>((resolve) => waiting.push(resolve))
    else running += 1
    try {
      return await work()
    } finally {
      // Whoever waits longest takes over this place.
      const taken = next()
      if (taken === undefined) running -= 1
      else taken()
    }
  }
}
