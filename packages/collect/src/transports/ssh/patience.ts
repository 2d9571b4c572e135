/**
 * How late a machine is: `silent` has not greeted, and costs next to nothing; `stuck` has, and then came to a stand, so there
 * is a session to keep.
 */
export type Lateness = 'silent' | 'stuck'

/**
 * How whoever opens many sessions waits for a machine that has not answered within a moment: it may let others go on, and
 * come back when it is their turn again.
 */
export type StepAside = <Value>(wait: Promise<Value>, lateness: Lateness) => Promise<Value>

/** A machine that is there greets within the first, but for a lost packet. One that is busy logs in within the second. */
const momentMs: Readonly<Record<Lateness, number>> = { silent: 500, stuck: 3000 }

/** Waits a moment in place, and aside from then on. Each sign of life, where they are counted, begins the moment anew. */
export async function patiently<Value>(
  wait: Promise<Value>,
  lateness: Lateness,
  stepAside: StepAside | undefined,
  signsOfLife: () => number = () => 0,
): Promise<Value> {
  if (stepAside === undefined) return wait
  const late = Promise.withResolvers<true>()
  let timer: NodeJS.Timeout | undefined
  const waitAMoment = (): void => {
    const before = signsOfLife()
    timer = setTimeout(() => (signsOfLife() === before ? late.resolve(true) : waitAMoment()), momentMs[lateness])
  }
  waitAMoment()
  try {
    const isLate = await Promise.race([wait.then(() => false), late.promise])
    return await (isLate ? stepAside(wait, lateness) : wait)
  } finally {
    clearTimeout(timer)
  }
}
