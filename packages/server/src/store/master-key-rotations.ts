import { sql, type Kysely } from 'kysely'
import type { Transaction } from '../db/database.ts'
import type { Tables } from '../db/schema.ts'

/** A rotation that has not ended. */
export interface KeyRotation {
  /** By which the new key is known. */
  readonly keyMark: Uint8Array
  /** The new key, sealed with the one before it. */
  readonly sealedKey: Uint8Array
}

type Reader = Kysely<Tables> | Transaction

export async function findRotation(db: Reader): Promise<KeyRotation | undefined> {
  const { rows } = await sql<KeyRotation>`
    select key_mark as "keyMark", sealed_key as "sealedKey" from master_key_rotations`.execute(db)
  return rows[0]
}

/** Begins one, or answers with the one that is under way. */
export async function beginRotation(db: Kysely<Tables>, rotation: KeyRotation): Promise<KeyRotation> {
  await sql`insert into master_key_rotations (key_mark, sealed_key) values (${rotation.keyMark}, ${rotation.sealedKey})
    on conflict do nothing`.execute(db)
  return (await findRotation(db)) ?? rotation
}

export async function endRotation(db: Kysely<Tables>): Promise<void> {
  await db.transaction().execute(async (tx) => {
    await sql`delete from master_key_rotations`.execute(tx)
    await sql`delete from master_key_holders`.execute(tx)
  })
}

/** The process has the new key. */
export async function noteHolder(db: Kysely<Tables>, process: string): Promise<void> {
  await sql`insert into master_key_holders (process) select ${process} where exists (select from master_key_rotations)
    on conflict do nothing`.execute(db)
}

/** The processes on a database server that are connected to this database and do not have the new key. */
export async function listLackingKey(db: Kysely<Tables>, isOurs: string): Promise<string[]> {
  const { rows } = await sql<{ process: string }>`
    select distinct application_name as process from pg_stat_activity
    where datname = current_database() and starts_with(application_name, ${isOurs})
    except select process from master_key_holders order by 1`.execute(db)
  return rows.map(({ process }) => process)
}

/** Until the transaction ends nobody else stores a credential. */
export async function lockForSealing(tx: Transaction): Promise<void> {
  await sql`lock table credentials in share row exclusive mode`.execute(tx)
}

interface Learner {
  has(keyMark: Uint8Array): boolean
  learn(sealedKey: Uint8Array): void
}

/** Takes over the new key of a rotation that is under way. */
export async function learnNewKey(db: Reader, vault: Learner): Promise<void> {
  const rotation = await findRotation(db)
  if (rotation !== undefined && !vault.has(rotation.keyMark)) vault.learn(rotation.sealedKey)
}
