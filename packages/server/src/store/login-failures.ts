import { sql, type Kysely } from 'kysely'
import type { Tables } from '../db/schema.ts'

const windowSeconds = 60
const allowedFailures = 5
const longestSeconds = 3600

/**
 * A window that ends later than any can was begun before the clock was set back: it is over, too. The minute is for
 * transactions that began one after another and write in the other order.
 */
const isOpen = sql<boolean>`
  login_failures.window_ends_at between now() and now() + make_interval(secs => ${longestSeconds + 60})`

/** Seconds until a subject (an account, an address) may try again; 0: now. */
export async function secondsBlocked(db: Kysely<Tables>, subjects: readonly string[]): Promise<number> {
  const row = await db
    .selectFrom('login_failures')
    .select(sql<number>`ceil(extract(epoch from max(window_ends_at) - now()))::int`.as('seconds'))
    .where('subject', 'in', [...subjects])
    .where('failures', '>=', allowedFailures)
    .where(isOpen)
    .executeTakeFirst()
  return Math.max(0, row?.seconds ?? 0)
}

/** The window begins with the first failure and is doubled by each beyond the allowed ones, up to an hour. */
export async function recordLoginFailure(db: Kysely<Tables>, subjects: readonly string[]): Promise<void> {
  await sql`
    insert into login_failures (subject, failures, window_ends_at)
    select subject, 1, now() + make_interval(secs => ${windowSeconds})
    from jsonb_array_elements_text(${JSON.stringify(subjects)}::jsonb) subject
    on conflict (subject) do update set
      failures = case when ${isOpen} then login_failures.failures + 1 else 1 end,
      window_ends_at = case when ${isOpen} then greatest(login_failures.window_ends_at, now() + make_interval(secs =>
          least(${longestSeconds}, ${windowSeconds} * power(2, greatest(0, login_failures.failures + 1 - ${allowedFailures})))))
        else excluded.window_ends_at end`.execute(db)
}

export async function forgetLoginFailures(db: Kysely<Tables>, subjects: readonly string[]): Promise<void> {
  await db
    .deleteFrom('login_failures')
    .where('subject', 'in', [...subjects])
    .execute()
}
