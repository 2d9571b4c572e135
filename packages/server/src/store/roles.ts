import type { Kysely } from 'kysely'
import type { Transaction } from '../db/database.ts'
import type { Tables } from '../db/schema.ts'

export interface StoredRole {
  readonly name: string
  readonly tasks: readonly string[]
  readonly folders: readonly string[]
  readonly predefined: boolean
}

export function listRoles(db: Kysely<Tables>): Promise<StoredRole[]> {
  return db.selectFrom('roles').select(['name', 'tasks', 'folders', 'predefined']).orderBy('name').execute()
}

/** The predefined roles are the program's: what an older release wrote is replaced. */
export async function saveRole(tx: Transaction, role: StoredRole): Promise<void> {
  const values = {
    tasks: JSON.stringify(role.tasks),
    folders: JSON.stringify(role.folders),
    predefined: role.predefined,
  }
  await tx
    .insertInto('roles')
    .values({ name: role.name, name_key: role.name.toLowerCase(), ...values })
    .onConflict((conflict) => conflict.column('name_key').doUpdateSet(values))
    .execute()
}
