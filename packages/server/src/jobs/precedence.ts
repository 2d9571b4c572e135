import { setTimeout } from 'node:timers/promises'

/**
 * Within one process, lets many short tasks that others wait for go before long ones: all runs of a moment are started
 * before their assets take the processor. Priority cannot say so, because it orders the tasks of one kind.
 */
export interface Precedence {
  /** Does `act`, and has others wait until it is done. */
  readonly goFirst: <Result>(act: () => Promise<Result>) => Promise<Result>
  /** Waits until nothing goes first any more; but not for ever, and not when `signal` fires. */
  readonly waitForFirst: (signal: AbortSignal) => Promise<void>
}

const longestWaitMs = 60_000
/** Between one batch and the next there is a moment in which nothing is under way. */
const quietMs = 200
const pollMs = 50

export function createPrecedence(): Precedence {
  let underWay = 0
  let lastEndedAt = -Infinity
  const isBusy = (): boolean => underWay > 0 || performance.now() - lastEndedAt < quietMs
  return {
    async goFirst(act) {
      underWay += 1
      try {
        return await act()
      } finally {
        underWay -= 1
        lastEndedAt = performance.now()
      }
    },
    async waitForFirst(signal) {
      for (const end = performance.now() + longestWaitMs; isBusy() && performance.now() < end && !signal.aborted;) {
        await setTimeout(pollMs)
      }
    },
  }
}
