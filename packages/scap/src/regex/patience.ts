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
  return new Work()
}

/** There is one for each test that is judged; hardly any loses a pattern, and then only is there a set of them. */
class Work implements Patience {
  patterns: Set<string> | undefined = undefined

  get lost(): ReadonlySet<string> {
    return this.patterns ?? none
  }

  run<Value>(work: () => Value): Value {
    const outer = enter(this)
    try {
      return work()
    } finally {
      enter(outer)
    }
  }
}

const none: ReadonlySet<string> = new Set()

let underWay: Work | undefined

/** What was under way before. */
function enter(work: Work | undefined): Work | undefined {
  const outer = underWay
  underWay = work
  return outer
}

export const isLost = (source: string): boolean => underWay?.patterns?.has(source) === true

export function lose(source: string): void {
  if (underWay !== undefined) (underWay.patterns ??= new Set()).add(source)
}
