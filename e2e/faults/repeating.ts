import { Temporal } from 'temporal-polyfill'
import { nextOccurrences } from '../../packages/server/src/jobs/schedule.ts'
import type { Schedule } from '../../packages/server/src/jobs/schedule.ts'

/** An occurrence that came due, and when the server dealt with it by the clock of the database. */
export interface Dispatch {
  readonly dueAt: string
  readonly at: string
  /** It met a run under way: up to which occurrence it is told as skipped. */
  readonly skippedTo?: string
}

export interface Held {
  readonly counts: {
    readonly due: number
    readonly run: number
    /** They met a run under way, and the next run says so; and those that were past already by then, told with them. */
    readonly skipped: number
    /** Past already when the one before them was started: nobody was there, or the clock was put ahead. */
    readonly caughtUp: number
  }
  readonly violations: readonly string[]
}

/**
 * Holds what was dispatched of a repeating schedule against its occurrences: every one from the first that was dispatched to
 * `until` has one run, was skipped and told, or was past already when the one before it was started. `until` is an instant
 * of the database's clock at which nothing was overdue.
 */
export function holdRepeating(
  schedule: Schedule,
  timeZone: string,
  dispatches: readonly Dispatch[],
  until: number,
): Held {
  const violations: string[] = []
  const counts = { due: 0, run: 0, skipped: 0, caughtUp: 0 }
  const events = dispatches.toSorted((one, other) => Date.parse(one.dueAt) - Date.parse(other.dueAt))
  for (const [index, { dueAt, at, skippedTo }] of events.entries()) {
    const due = Temporal.Instant.from(dueAt)
    const [itself] = nextOccurrences(schedule, timeZone, due.subtract({ nanoseconds: 1 }), 1)
    if (!itself?.equals(due)) {
      violations.push(`${dueAt} is no occurrence`)
      continue
    }
    counts.due += 1
    if (skippedTo === undefined) counts.run += 1
    else counts.skipped += 1
    const next = events[index + 1]
    if (next !== undefined && Date.parse(next.dueAt) === Date.parse(dueAt)) {
      violations.push(`${dueAt} was dispatched twice`)
      continue
    }
    let last = due.epochMilliseconds
    // The clock may have been set back since the last one: then `until` is before it.
    const end = next === undefined ? Math.max(until, Date.parse(at) + 1) : Date.parse(next.dueAt)
    for (const ms of between(schedule, timeZone, due, end)) {
      counts.due += 1
      const isPast = ms <= Date.parse(at)
      if (isPast && skippedTo === undefined) counts.caughtUp += 1
      else if (isPast) counts.skipped += 1
      else violations.push(`${new Date(ms).toISOString()} has no run; the one before it was dealt with at ${at}`)
      if (isPast) last = ms
    }
    if (skippedTo !== undefined && Date.parse(skippedTo) !== last) {
      violations.push(
        `${dueAt} was skipped with all up to ${new Date(last).toISOString()}; told are those to ${skippedTo}`,
      )
    }
  }
  return { counts, violations }
}

/** The occurrences after one and before `end`, in milliseconds of the epoch. */
function* between(schedule: Schedule, timeZone: string, after: Temporal.Instant, end: number): Generator<number> {
  for (let last = after; ;) {
    const [next] = nextOccurrences(schedule, timeZone, last, 1)
    if (next === undefined || next.epochMilliseconds >= end) return
    yield next.epochMilliseconds
    last = next
  }
}
