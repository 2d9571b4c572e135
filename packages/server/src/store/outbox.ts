import { randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import type { Kysely } from 'kysely'
import type { Tables } from '../db/schema.ts'

/** A mail that waits to be sent. */
export interface OutboxEntry {
  readonly id: string
  readonly runId: string
  readonly messageId: string
  readonly message: object
  readonly attempts: number
}

/** Puts a run's mail into the outbox; a run has at most one of a kind, whose Message-ID never changes. */
export async function addToOutbox(
  tx: Kysely<Tables>,
  { runId, kind, domain, message }: { runId: string; kind: string; domain: string; message: object },
): Promise<string | undefined> {
  const row = await tx
    .insertInto('outbox')
    .values({
      id: randomUUID(),
      run_id: runId,
      kind,
      message_id: `<${runId}.${kind}@${domain}>`,
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
    .select(['id', 'run_id', 'message_id', 'message', 'attempts'])
    .where('id', '=', id)
    .where('sent_at', 'is', null)
    .where('given_up_at', 'is', null)
    .executeTakeFirst()
  if (row === undefined) return undefined
  return { id: row.id, runId: row.run_id, messageId: row.message_id, message: row.message, attempts: row.attempts }
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
