import { sql } from 'kysely'
import type { Database } from '../db/database.ts'

/*
 * The database's clock may be set back, by an operator or by its time service. What was put into the queue before lies in
 * the future then: runs would stand still, and lost workers go unnoticed, for as long as the clock was ahead.
 */

/** What a clock that only goes on may lose between two readings. */
const toleranceMs = 1000

/** The longest wait of a retry; see queue.ts. */
const longestRetrySeconds = 60

/** A transaction that began before has the time of then in all that it writes, and is ended after a minute at the latest. */
const longestTransactionMs = 2 * 60_000

export interface SetBackWatch {
  /** Mends the queue when the clock is behind what it was at the last look, which it tells; the first look always mends. */
  look(): Promise<boolean>
}

/** Each serving process watches: mending twice changes nothing more. `againMs`: how long after one it mends once more. */
export function createSetBackWatch(database: Database, againMs = 5000): SetBackWatch {
  let lastMs = Infinity
  let backAt = -Infinity
  let mendedAt = -Infinity
  return {
    async look() {
      const { rows } = await sql<{ ms: number }>`
        select (extract(epoch from clock_timestamp()) * 1000)::double precision as ms`.execute(database.kysely)
      const ms = rows[0]?.ms ?? lastMs
      const isBack = ms < lastMs - toleranceMs
      const at = performance.now()
      if (isBack && lastMs !== Infinity) backAt = at
      if (isBack || (at < backAt + longestTransactionMs && at >= mendedAt + againMs)) {
        await mend(database)
        mendedAt = at
      }
      lastMs = ms
      return isBack
    },
  }
}

/**
 * Lets each task wait from now as long as it was to wait when it was put there. Waits that were put there before the clock
 * was ahead are not touched: their ends are right.
 */
async function mend({ kysely }: Database): Promise<void> {
  await kysely.transaction().execute(async (tx) => {
    await sql`
      update pgboss.job set created_on = now(), start_after = now() + greatest(start_after - created_on, interval '0')
      where state = 'created' and created_on > now()`.execute(tx)
    await sql`
      update pgboss.job set created_on = least(created_on, now()),
        start_after = least(start_after, now() + make_interval(secs => ${longestRetrySeconds}))
      where state = 'retry' and (created_on > now() or start_after > now() + make_interval(secs => ${longestRetrySeconds}))`.execute(
      tx,
    )
    await sql`
      update pgboss.job set created_on = least(created_on, now()), started_on = least(started_on, now()),
        heartbeat_on = least(heartbeat_on, now())
      where state = 'active' and (started_on > now() or heartbeat_on > now())`.execute(tx)
    // When each queue was last looked through for lost workers, and for what to drop.
    await sql`
      update pgboss.queue set monitor_claim_on = least(monitor_claim_on, now()), monitor_on = least(monitor_on, now()),
        maintain_on = least(maintain_on, now())
      where greatest(monitor_claim_on, monitor_on, maintain_on) > now()`.execute(tx)
    await sql`update pgboss.version set monitor_backoff_on = null where monitor_backoff_on > now()`.execute(tx)
  })
}
