import { pino } from 'pino'
import type { Logger } from 'pino'

/** Structured log lines, JSON on standard error. Never give it a body, a header or a credential. */
export type Log = Logger

export function createLog(level: string): Log {
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, pino.destination(2))
}
