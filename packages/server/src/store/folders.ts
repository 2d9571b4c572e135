import { randomUUID } from 'node:crypto'
import type { Kysely } from 'kysely'
import type { Transaction } from '../db/database.ts'
import type { Tables } from '../db/schema.ts'

/** The id of the folder at the path, made when it is missing; paths are compared without regard to case. */
export async function ensureFolder(tx: Transaction, path: string, predefined: boolean): Promise<string> {
  await tx
    .insertInto('folders')
    .values({ id: randomUUID(), path, path_key: path.toLowerCase(), predefined })
    .onConflict((conflict) => conflict.column('path_key').doNothing())
    .execute()
  const { id } = await tx
    .selectFrom('folders')
    .select('id')
    .where('path_key', '=', path.toLowerCase())
    .executeTakeFirstOrThrow()
  return id
}

export interface Folder {
  readonly id: string
  readonly path: string
}

export function findFolder(db: Kysely<Tables> | Transaction, path: string): Promise<Folder | undefined> {
  return db.selectFrom('folders').select(['id', 'path']).where('path_key', '=', path.toLowerCase()).executeTakeFirst()
}

/** The same; until the transaction ends nobody else makes anything in it. */
export function lockFolder(tx: Transaction, path: string): Promise<Folder | undefined> {
  return tx
    .selectFrom('folders')
    .select(['id', 'path'])
    .where('path_key', '=', path.toLowerCase())
    .forUpdate()
    .executeTakeFirst()
}

export function listFolders(db: Kysely<Tables>): Promise<{ id: string; path: string; predefined: boolean }[]> {
  return db.selectFrom('folders').select(['id', 'path', 'predefined']).orderBy('path_key').execute()
}
