import { randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import type { Kysely } from 'kysely'
import type { Tables } from '../db/schema.ts'

/** A mail, or a call of the webhook, that waits to be sent. */
export interface OutboxEntry {
  readonly id: string
  readonly runId: string
  /** `success` and `failure` are mails; `webhook`. */
  readonly kind: string
  readonly messageId: string
  readonly message: object
  readonly attempts: number
}

/** Puts what a run has to tell into the outbox; a run has at most one of a kind, whose id never changes. */
export async function addToOutbox(
  tx: Kysely<Tables>,
  { runId, kind, messageId, message }: { runId: string; kind: string; messageId: string; message: object },
): Promise<string | undefined> {
  const row = await tx
    .insertInto('outbox')
    .values({
      id: randomUUID(),
      run_id: runId,
      kind,
      message_id: messageId,
      message: JSON.stringify(message),
    })
    .onConflict((conflict) => conflict.columns(['run_id', 'kind']).doNothing())
    .returning('id')
    .executeTakeFirst()
  return row?.id
}

/** The entry while it is still to be sent. */
export async function findUnsent(db: Kysely<Tables>, id: string): Promise<OutboxEntry | undefined> {
  const row = await db
    .selectFrom('outbox')
    .select(['id', 'run_id', 'kind', 'message_id', 'message', 'attempts'])
    .where('id', '=', id)
    .where('sent_at', 'is', null)
    .where('given_up_at', 'is', null)
    .executeTakeFirst()
  if (row === undefined) return undefined
  const { kind, message, attempts } = row
  return { id: row.id, runId: row.run_id, kind, messageId: row.message_id, message, attempts }
}

export async function markSent(db: Kysely<Tables>, id: string): Promise<void> {
  await db
    .updateTable('outbox')
    .set({ sent_at: sql`now()`, attempts: sql`attempts + 1`, last_error: null })
    .where('id', '=', id)
    .where('sent_at', 'is', null)
    .execute()
}

/** Notes a failed try; true when the entry is now older than `giveUpAfterHours` and is given up. */
export async function markFailed(
  db: Kysely<Tables>,
  id: string,
  error: string,
  giveUpAfterHours: number,
): Promise<boolean> {
  const row = await db
    .updateTable('outbox')
    .set({
      attempts: sql`attempts + 1`,
      last_error: error,
      given_up_at: sql`case when now() - created_at >= make_interval(hours => ${giveUpAfterHours}) then now() end`,
    })
    .where('id', '=', id)
    .where('sent_at', 'is', null)
    .returning('given_up_at')
    .executeTakeFirst()
  return row?.given_up_at != null
}

/** What could not be sent yet, and what was given up in the last week; with the latest reason. */
export async function outboxTrouble(
  db: Kysely<Tables>,
): Promise<{ readonly waiting: number; readonly givenUp: number; readonly reason: string | null }> {
  const { rows } = await sql<{ waiting: number; given_up: number; reason: string | null }>`
    select count(*) filter (where given_up_at is null)::integer as waiting,
      count(*) filter (where given_up_at > now() - interval '7 days')::integer as given_up,
      (array_agg(last_error order by created_at desc))[1] as reason
    from outbox where sent_at is null and last_error is not null
      and (given_up_at is null or given_up_at > now() - interval '7 days')`.execute(db)
  const [{ waiting, given_up: givenUp, reason } = { waiting: 0, given_up: 0, reason: null }] = rows
  return { waiting, givenUp, reason }
}
