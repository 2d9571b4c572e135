/** Patterns that took too long in the work under way. */
let lost: Set<string> | undefined

/** One piece of work, in one go or in several: a pattern that took too long once is not tried again in it. */
export interface Patience {
  run<Value>(work: () => Value): Value
  /** The patterns that took too long. */
  readonly lost: ReadonlySet<string>
}

/**
 * Matching blocks its thread until its time limit ends it, which is bearable once for what an object or a test asks, and
 * not once for each of its thousand items. What is matched outside of any such work is tried each time.
 */
export function createPatience(): Patience {
  const own = new Set<string>()
  return {
    lost: own,
    run(work) {
      const outer = lost
      lost = own
      try {
        return work()
      } finally {
        lost = outer
      }
    },
  }
}

export const isLost = (source: string): boolean => lost?.has(source) === true

export function lose(source: string): void {
  lost?.add(source)
}
