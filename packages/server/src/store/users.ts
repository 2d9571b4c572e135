import { randomUUID } from 'node:crypto'
import { sql, type Kysely } from 'kysely'
import type { Transaction } from '../db/database.ts'
import type { Tables } from '../db/schema.ts'

export interface User {
  readonly id: string
  readonly name: string
  readonly disabled: boolean
  readonly createdAt: string
  readonly roles: readonly string[]
  readonly folders: readonly string[]
}

export async function listUsers(db: Kysely<Tables>, name?: string): Promise<User[]> {
  let query = db
    .selectFrom('users')
    .select([
      'id',
      'name',
      'disabled',
      'created_at as createdAt',
      sql<string[]>`coalesce((select jsonb_agg(role_name order by role_name)
        from user_roles where user_id = users.id), '[]')`.as('roles'),
      sql<string[]>`coalesce((select jsonb_agg(folders.path order by folders.path)
        from user_folders join folders on folders.id = folder_id where user_id = users.id), '[]')`.as('folders'),
    ])
    .orderBy('name_key')
  if (name !== undefined) query = query.where('name_key', '=', name.toLowerCase())
  return query.execute()
}

export async function findUser(db: Kysely<Tables>, name: string): Promise<User | undefined> {
  return (await listUsers(db, name))[0]
}

export async function findPassword(
  db: Kysely<Tables>,
  name: string,
): Promise<
  { readonly id: string; readonly name: string; readonly hash: string; readonly disabled: boolean } | undefined
> {
  return db
    .selectFrom('users')
    .select(['id', 'name', 'password_hash as hash', 'disabled'])
    .where('name_key', '=', name.toLowerCase())
    .executeTakeFirst()
}

/** False when the name is taken. */
export async function addUser(tx: Transaction, name: string, passwordHash: string): Promise<string | false> {
  const row = await tx
    .insertInto('users')
    .values({ id: randomUUID(), name, name_key: name.toLowerCase(), password_hash: passwordHash })
    .onConflict((conflict) => conflict.column('name_key').doNothing())
    .returning('id')
    .executeTakeFirst()
  return row?.id ?? false
}

export async function changeUser(
  tx: Transaction,
  id: string,
  change: { readonly disabled?: boolean | undefined; readonly passwordHash?: string | undefined },
): Promise<void> {
  const set = {
    ...(change.disabled === undefined ? {} : { disabled: change.disabled }),
    ...(change.passwordHash === undefined ? {} : { password_hash: change.passwordHash }),
  }
  if (Object.keys(set).length > 0) await tx.updateTable('users').set(set).where('id', '=', id).execute()
}

/** Replaces them whole; answers with the names that no role has. */
export async function setRoles(tx: Transaction, id: string, roles: readonly string[]): Promise<string[]> {
  const known = await tx
    .selectFrom('roles')
    .select(['name', 'name_key'])
    .where('name_key', 'in', [...roles.map((role) => role.toLowerCase()), ''])
    .execute()
  await tx.deleteFrom('user_roles').where('user_id', '=', id).execute()
  if (known.length > 0) {
    await tx
      .insertInto('user_roles')
      .values(known.map(({ name }) => ({ user_id: id, role_name: name })))
      .execute()
  }
  return roles.filter((role) => !known.some(({ name_key }) => name_key === role.toLowerCase()))
}

/** Replaces them whole; answers with the paths that are no folder. */
export async function setFolders(tx: Transaction, id: string, paths: readonly string[]): Promise<string[]> {
  const known = await tx
    .selectFrom('folders')
    .select(['id', 'path_key'])
    .where('path_key', 'in', [...paths.map((path) => path.toLowerCase()), ''])
    .execute()
  await tx.deleteFrom('user_folders').where('user_id', '=', id).execute()
  if (known.length > 0) {
    await tx
      .insertInto('user_folders')
      .values(known.map((folder) => ({ user_id: id, folder_id: folder.id })))
      .execute()
  }
  return paths.filter((path) => !known.some(({ path_key }) => path_key === path.toLowerCase()))
}

/** Enabled accounts with a role that permits the task: there must always be one that manages users. */
export async function countUsersWithTask(tx: Transaction, task: string): Promise<number> {
  const { count } = await tx
    .selectFrom('users')
    .innerJoin('user_roles', 'user_roles.user_id', 'users.id')
    .innerJoin('roles', 'roles.name', 'user_roles.role_name')
    .where('users.disabled', '=', false)
    .where(sql<boolean>`roles.tasks ? ${task}`)
    .select(sql<number>`count(distinct users.id)::int`.as('count'))
    .executeTakeFirstOrThrow()
  return count
}
