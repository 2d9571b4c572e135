import { sql } from 'kysely'
import type { RawBuilder } from 'kysely'
import { priorityOf, urgentPriority } from './run-requests.ts'
import type { RunTrigger } from './run-requests.ts'
import type { TaskKind } from './task-kinds.ts'

/*
 * Runs of one rank take turns: so many assets of one, so many of the next. A run begins with the turn that the others of
 * its rank have come to, so that it neither waits for all of theirs nor has them wait until it has caught up.
 */

/** So many assets of a run are one turn. */
const turnSize = 50

/** Turns count from 0, downwards from the priority of the rank. */
export function priorityOfTurn(trigger: RunTrigger, firstTurn: number, place: number): number {
  return priorityOf(trigger) - firstTurn - Math.floor(place / turnSize)
}

/** Above all turns of the rank: what has had its turn goes on with this. */
export function priorityAfterTurn(trigger: RunTrigger): number {
  return priorityOf(trigger) + 1
}

/**
 * The first turn of which a task waits; 0 when none does. What waits for another try has had its turn. The queue has an
 * index in this order (job_i11): a fifth of a millisecond, with 100,000 tasks waiting too.
 */
export function waitingTurn(kind: TaskKind, trigger: RunTrigger): RawBuilder<number> {
  const rank = priorityOf(trigger)
  return sql<number>`coalesce((
    select ${rank}::integer - priority from pgboss.job
    where name = ${kind} and state < 'active' and state = 'created' and not blocked
      and priority <= ${rank}::integer and priority > ${rank - urgentPriority}::integer
    order by priority desc limit 1), 0)`
}
