/**
 * How late a machine is: `silent` has not greeted; `stuck` has, and then came to a stand; `laden` is one of which something was
 * collected already, that is kept meanwhile.
 */
export type Lateness = 'silent' | 'stuck' | 'laden'

/**
 * How whoever opens many sessions waits for a machine that has not answered within a moment: it may let others go on, and
 * come back when it is their turn again. Undefined: not now.
 */
export type StepAside = <Value>(wait: Promise<Value>, lateness: Lateness) => Promise<Value> | undefined

/** How long a machine may take before it is waited for aside. */
interface Moment {
  readonly lateness: Lateness
  readonly ms: number
  /** Counts signs of life, each of which begins the moment anew. */
  readonly signs?: () => number
}

/** A machine that is there greets within this, but for a lost packet. */
export const greeting: Moment = { lateness: 'silent', ms: 500 }
/** One that is busy logs in within this, and gives the first answer. */
export const beginning: Moment = { lateness: 'stuck', ms: 3000 }
/** The server of one in the middle of its work tells that it is there, each second. */
export const beingThere = (signs: () => number): Moment => ({ lateness: 'laden', ms: 3000, signs })
/** A walk over a large disk says nothing for a while, and is work: with more of them aside more are done at a time. */
export const working = (signs: () => number): Moment => ({ lateness: 'laden', ms: 10_000, signs })

/** Waits in place until one of the moments is over, and aside from then on. */
export async function patiently<Value>(
  wait: Promise<Value>,
  stepAside: StepAside | undefined,
  ...moments: readonly Moment[]
): Promise<Value> {
  if (stepAside === undefined) return wait
  const aside = Promise.withResolvers<{ readonly value: Promise<Value> }>()
  const timers = new Set<() => void>()
  for (const { lateness, ms, signs = () => 0 } of moments) {
    let before = signs()
    const timer = setInterval(() => {
      const now = signs()
      const isLate = now === before
      before = now
      if (!isLate) return
      // Where it may not be, it may be a moment later.
      const value = stepAside(wait, lateness)
      if (value === undefined) return
      value.catch(() => undefined)
      stop()
      aside.resolve({ value })
    }, ms)
    timers.add(() => clearInterval(timer))
  }
  const stop = (): void => timers.forEach((clear) => clear())
  try {
    return await (
      await Promise.race([wait.then(() => ({ value: wait })), aside.promise])
    ).value
  } finally {
    stop()
  }
}
