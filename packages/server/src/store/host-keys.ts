import { sql, type Kysely } from 'kysely'
import type { Transaction } from '../db/database.ts'
import type { Tables } from '../db/schema.ts'

/** A key that a host has shown. `host` is its name or address, for another port than 22 `[name]:port`. */
export interface HostKey {
  readonly host: string
  readonly key: Uint8Array
  readonly shownAt: string
  /** Null: it was shown, and nobody has said that it is right. */
  readonly approvedAt: string | null
  readonly approvedBy: string | null
}

export function listHostKeys(db: Kysely<Tables> | Transaction, host?: string): Promise<HostKey[]> {
  return db
    .selectFrom('host_keys')
    .select(['host', 'key', 'shown_at as shownAt', 'approved_at as approvedAt', 'approved_by as approvedBy'])
    .$if(host !== undefined, (query) => query.where('host', '=', host?.toLowerCase() ?? ''))
    .orderBy('host')
    .orderBy('shown_at')
    .execute()
}

/** Remembers what a host showed, for somebody to approve. */
export async function rememberHostKey(db: Kysely<Tables>, host: string, key: Uint8Array): Promise<void> {
  await db
    .insertInto('host_keys')
    .values({ host: host.toLowerCase(), key })
    .onConflict((conflict) => conflict.columns(['host', 'key']).doUpdateSet({ shown_at: sql`now()` }))
    .execute()
}

/** From now on this key, and no other, is the host's. */
export async function approveHostKey(
  tx: Transaction,
  { host, key, by }: { readonly host: string; readonly key: Uint8Array; readonly by: string },
): Promise<void> {
  await sql`select pg_advisory_xact_lock(${approvalLock})`.execute(tx)
  await sql`
    with given as (select ${host.toLowerCase()}::text as host, ${key}::bytea as key),
    others as (
      delete from host_keys using given where host_keys.host = given.host and host_keys.key <> given.key)
    insert into host_keys (host, key, approved_at, approved_by) select host, key, now(), ${by} from given
    on conflict (host, key) do update set approved_at = now(), approved_by = excluded.approved_by`.execute(tx)
}

/** The key that a host of which none is approved has shown is its own; answers whether it is, for another may have been met meanwhile. */
export async function approveFirstHostKey(db: Kysely<Tables>, host: string, key: Uint8Array): Promise<boolean> {
  return db.transaction().execute(async (tx) => {
    await sql`select pg_advisory_xact_lock(${approvalLock})`.execute(tx)
    const approved = (await listHostKeys(tx, host)).filter(({ approvedAt }) => approvedAt !== null)
    if (approved.length > 0) return approved.some((one) => Buffer.from(one.key).equals(key))
    await approveHostKey(tx, { host, key, by: 'first contact' })
    return true
  })
}

/** Any number, the same in every process: who holds it approves a key. */
const approvalLock = 7_215_013

export async function deleteHostKeys(tx: Transaction, host: string): Promise<number> {
  const { numDeletedRows } = await tx.deleteFrom('host_keys').where('host', '=', host.toLowerCase()).executeTakeFirst()
  return Number(numDeletedRows)
}
