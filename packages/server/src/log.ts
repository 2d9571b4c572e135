import { pino } from 'pino'
import type { Logger } from 'pino'

/** Structured log lines, JSON on standard error. Never give it a body, a header or a credential. */
export type Log = Logger

const mostWaiting = 1024 * 1024

/** A log that cannot be written keeps no server from its work: on a full disk its lines wait, 1 MiB of them at most. */
export function createLog(level: string): Log {
  const destination = pino.destination({ dest: 2, sync: true, maxLength: mostWaiting })
  destination.on('error', () => undefined)
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, destination)
}
