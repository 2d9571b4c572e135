import type { Log } from '../log.ts'
import { DatabaseError, messageOf } from './database-error.ts'

/*
 * A machine that boots starts its services in no order, and a database that was killed recovers for a while: what cannot
 * be opened now can be in a moment. A wrong password cannot.
 */

const retryMs = 1000
/** One line a second would hide the others. */
const sayEveryMs = 10_000

/** Tries `open` again for `waitSeconds`, as long as what it meets is a database that is not there yet. */
export async function whenDatabaseIsThere<Result>(
  open: () => Promise<Result>,
  waitSeconds: number,
  log: Log,
): Promise<Result> {
  const began = performance.now()
  for (let saidAt = -Infinity; ;) {
    try {
      return await open()
    } catch (error) {
      if (!isNotThereYet(error)) throw error
      const waitedMs = performance.now() - began
      if (waitedMs + retryMs > waitSeconds * 1000) {
        throw new DatabaseError(
          'database-unreachable',
          `${messageOf(error)} (tried for ${Math.round(waitedMs / 1000)} s)`,
          { cause: error },
        )
      }
      if (waitedMs - saidAt >= sayEveryMs) {
        saidAt = waitedMs
        log.warn({ err: error, seconds: waitSeconds }, 'the database is not there yet; waiting for it')
      }
      await new Promise((resolve) => setTimeout(resolve, retryMs))
    }
  }
}

/** Nobody listens yet, or its name is not known yet; it starts, recovers, stops, or has no connection to spare. */
const passing = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOENT',
  'ENOTFOUND',
  'EAI_AGAIN',
  '57P01',
  '57P02',
  '57P03',
  '53300',
])

/** What the driver says without a code. */
const passingText = /^Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection/

function isNotThereYet(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const { code } = error as { readonly code?: unknown }
  if (typeof code === 'string' && passing.has(code)) return true
  return passingText.test(error.message) || isNotThereYet(error.cause)
}
