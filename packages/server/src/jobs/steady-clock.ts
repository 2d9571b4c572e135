import type { Clock } from 'pg-boss'

/**
 * The clock by which the queue's library measures its waits. It does not follow when the machine's clock is set: by one that
 * was set back two hours, lost workers would go unnoticed and tasks unfetched for two hours. What is written into the
 * database has the time of the database.
 */
export const steadyClock: Clock = {
  now: () => performance.timeOrigin + performance.now(),
  setTimeout: (act, ms) => setTimeout(act, ms),
  clearTimeout: (timer) => clearTimeout(timer as NodeJS.Timeout),
  setInterval: (act, ms) => setInterval(act, ms),
  clearInterval: (timer) => clearInterval(timer as NodeJS.Timeout),
}
