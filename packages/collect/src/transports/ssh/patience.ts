/**
 * How whoever opens many sessions waits for a machine that has not answered within a moment: it may let others go on, and
 * come back when it is their turn again.
 */
export type StepAside = <Value>(wait: Promise<Value>) => Promise<Value>

/** A machine that is there answers within this, but for a lost packet. */
const momentMs = 500

/** Waits a moment in place, and aside from then on. */
export async function patiently<Value>(wait: Promise<Value>, stepAside: StepAside | undefined): Promise<Value> {
  if (stepAside === undefined) return wait
  const moment = Promise.withResolvers<true>()
  const timer = setTimeout(() => moment.resolve(true), momentMs)
  try {
    const isLate = await Promise.race([wait.then(() => false), moment.promise])
    return await (isLate ? stepAside(wait) : wait)
  } finally {
    clearTimeout(timer)
  }
}
