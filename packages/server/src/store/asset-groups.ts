import { randomUUID } from 'node:crypto'
import { sql, type Kysely, type RawBuilder } from 'kysely'
import type { Transaction } from '../db/database.ts'
import type { Tables } from '../db/schema.ts'
import { byLowerCase, compareText, isBelow, type Comparison } from './search-conditions.ts'

export interface AssetGroup {
  readonly id: string
  readonly displayName: string
  readonly description: string
  readonly path: string
  /** Null: its members are listed. */
  readonly expression: string | null
  readonly predefined: boolean
  readonly createdAt: string
}

export interface AssetGroupSearch {
  readonly conditions: readonly (readonly (Comparison & { readonly attribute: string })[])[]
  readonly container: string
  readonly subtree: boolean
  /** The folders that the caller has a permission on. */
  readonly permitted: readonly string[]
  readonly page: number
  readonly pageSize: number
}

const columns: Readonly<Record<string, RawBuilder<unknown>>> = {
  displayName: sql`asset_groups.display_name`,
  Id: sql`asset_groups.id::text`,
  Path: sql`folders.path`,
  Description: sql`asset_groups.description`,
  Expression: sql`coalesce(asset_groups.expression, '')`,
}

const byName = byLowerCase(columns)

export const assetGroupColumns: readonly string[] = Object.keys(columns)

/** One page of the groups by name, and how many there are in all. */
export async function searchAssetGroups(
  db: Kysely<Tables>,
  search: AssetGroupSearch,
): Promise<{ readonly groups: AssetGroup[]; readonly total: number }> {
  const folder = sql`folders.path_key`
  const container = search.container.toLowerCase()
  const lists = search.conditions.map(
    (list) =>
      sql<boolean>`(${sql.join(
        list.map(({ attribute, ...comparison }) => compareText(byName.get(attribute) ?? sql`''`, comparison)),
        sql` and `,
      )})`,
  )
  const from = sql`from asset_groups join folders on folders.id = asset_groups.folder_id
    where ${isBelow(folder, search.permitted)}
      and ${search.subtree ? isBelow(folder, [container]) : sql<boolean>`folders.path_key = ${container}`}
      and (${sql.join(lists, sql` or `)})`
  const counted = await sql<{ total: number }>`select count(*)::int as total ${from}`.execute(db)
  const { rows } = await sql<AssetGroup>`
    select asset_groups.id, display_name as "displayName", description, folders.path, expression,
      asset_groups.predefined, created_at as "createdAt"
    ${from} order by lower(display_name), asset_groups.id
    limit ${search.pageSize} offset ${search.page * search.pageSize}`.execute(db)
  return { groups: rows, total: counted.rows[0]?.total ?? 0 }
}

export async function findAssetGroup(db: Kysely<Tables> | Transaction, id: string): Promise<AssetGroup | undefined> {
  return db
    .selectFrom('asset_groups')
    .innerJoin('folders', 'folders.id', 'asset_groups.folder_id')
    .select([
      'asset_groups.id',
      'display_name as displayName',
      'description',
      'folders.path',
      'expression',
      'asset_groups.predefined',
      'created_at as createdAt',
    ])
    .where('asset_groups.id', '=', id)
    .executeTakeFirst()
}

export interface NewAssetGroup {
  readonly displayName: string
  readonly description: string
  readonly folderId: string
  readonly expression: string | null
  readonly predefined: boolean
}

/** Its id; undefined when the folder has a group of that name, in any casing. */
export async function addAssetGroup(tx: Transaction, group: NewAssetGroup): Promise<string | undefined> {
  const { rows } = await sql`select 1 from asset_groups
    where folder_id = ${group.folderId} and lower(display_name) = lower(${group.displayName})`.execute(tx)
  if (rows.length > 0) return undefined
  const row = await tx
    .insertInto('asset_groups')
    .values({
      id: randomUUID(),
      display_name: group.displayName,
      description: group.description,
      folder_id: group.folderId,
      expression: group.expression,
      predefined: group.predefined,
    })
    .onConflict((conflict) => conflict.columns(['folder_id', 'display_name']).doNothing())
    .returning('id')
    .executeTakeFirst()
  return row?.id
}

/** Until the transaction ends nobody else changes the members of the group or deletes it; false when it is gone. */
export async function lockAssetGroup(tx: Transaction, id: string): Promise<boolean> {
  const { rows } = await sql`select 1 from asset_groups where id = ${id} for update`.execute(tx)
  return rows.length > 0
}

/** The members of a group that lists them, with their folders. */
export function listMembers(tx: Transaction, groupId: string): Promise<{ id: string; path: string }[]> {
  return tx
    .selectFrom('asset_group_members')
    .innerJoin('assets', 'assets.id', 'asset_group_members.asset_id')
    .innerJoin('folders', 'folders.id', 'assets.folder_id')
    .select(['assets.id', 'folders.path'])
    .where('group_id', '=', groupId)
    .execute()
}

export async function setMembers(tx: Transaction, groupId: string, assetIds: readonly string[]): Promise<void> {
  await tx.deleteFrom('asset_group_members').where('group_id', '=', groupId).execute()
  await sql`insert into asset_group_members (group_id, asset_id)
    select distinct ${groupId}::uuid, id from unnest(${sql.val(assetIds)}::uuid[]) as id`.execute(tx)
}

export async function deleteAssetGroup(tx: Transaction, id: string): Promise<void> {
  await tx.deleteFrom('asset_groups').where('id', '=', id).execute()
}
