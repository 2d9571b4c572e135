import type { Kysely } from 'kysely'
import type { Tables } from '../db/schema.ts'
import { RequestError } from '../errors.ts'
import { findTokenOwner } from '../store/tokens.ts'
import type { Caller } from './caller.ts'

/** Whose bearer token the header carries: one look-up a request, so that a revoked token ends at once everywhere. */
export async function authenticate(db: Kysely<Tables>, authorization: string | undefined): Promise<Caller> {
  const token = /^bearer +([\w-]{20,200})$/i.exec(authorization?.trim() ?? '')?.[1]
  const owner = token === undefined ? undefined : await findTokenOwner(db, token)
  if (owner === undefined) throw new RequestError('unauthenticated')
  return {
    id: owner.id,
    name: owner.name,
    tasks: new Set(owner.tasks.map((task) => task.toLowerCase())),
    folders: owner.folders.map((folder) => folder.toLowerCase()),
  }
}
