import { sql } from 'kysely'
import type { Kysely } from 'kysely'
import type { AssetAddress, Tables } from '../db/schema.ts'

/** An asset that a run works on. */
export interface RunInputAsset {
  readonly id: string
  readonly name: string
  /** Lower case. */
  readonly folder: string
}

/** A group whose members an expression tells. */
export interface DynamicGroup {
  readonly name: string
  readonly expression: string
}

/** What an id of an asset or of an asset group stands for. */
export interface ResolvedId {
  readonly assets: readonly RunInputAsset[]
  readonly dynamic?: DynamicGroup
}

/**
 * By id (lower case) what that stands for; one that stands for nothing is missing. Not whole where there are more than
 * `most` assets.
 */
export async function resolveAssets(
  db: Kysely<Tables>,
  ids: readonly string[],
  most?: number,
): Promise<{ readonly resolved: ReadonlyMap<string, ResolvedId>; readonly isWhole: boolean }> {
  const { rows } = await sql<{
    wanted: string
    id: string | null
    name: string
    folder: string
    group_name: string | null
    expression: string | null
  }>`
    with wanted as (select distinct unnest(${sql.val([...new Set(ids)])}::uuid[]) as id),
    resolved as (
      select wanted.id as wanted, assets.id as asset_id, null as group_name, null as expression
      from wanted join assets on assets.id = wanted.id
      union all
      select wanted.id, members.asset_id, asset_groups.display_name, asset_groups.expression
      from wanted
      join asset_groups on asset_groups.id = wanted.id
      left join asset_group_members as members on members.group_id = wanted.id
    )
    select resolved.wanted, assets.id, assets.display_name as name, folders.path_key as folder, group_name, expression
    from resolved
    left join assets on assets.id = resolved.asset_id and assets.deleted_at is null
    left join folders on folders.id = assets.folder_id
    limit ${most === undefined ? null : most + 1}::bigint`.execute(db)
  const resolved = new Map<string, { assets: RunInputAsset[]; dynamic?: DynamicGroup }>()
  for (const { wanted, id, name, folder, group_name: group, expression } of rows) {
    // An asset that was deleted.
    if (id === null && group === null) continue
    const one = resolved.get(wanted) ?? { assets: [] }
    resolved.set(wanted, one)
    if (id !== null) one.assets.push({ id, name, folder })
    if (group !== null && expression !== null) one.dynamic = { name: group, expression }
  }
  return { resolved, isWhole: most === undefined || rows.length <= most }
}

/** A standard as it was when a run started: content imported later does not reach into the run. */
export interface PinnedStandard {
  readonly id: string
  readonly title: string
  readonly version: string
  readonly contentDigest: string
  readonly benchmarkId: string
  readonly profileId: string | null
  /** Scripts of its content may run. */
  readonly allowsScripts?: boolean
}

export async function pinStandards(
  db: Kysely<Tables>,
  ids: readonly string[],
): Promise<{ readonly standards: PinnedStandard[]; readonly unresolved: string[] }> {
  if (ids.length === 0) return { standards: [], unresolved: [] }
  const rows = await db
    .selectFrom('standards')
    .select(['id', 'title', 'version', 'content_digest', 'benchmark_id', 'profile_id', 'allows_scripts'])
    .where('id', 'in', [...new Set(ids)])
    .orderBy('id')
    .execute()
  const standards = rows.map((row) => ({
    id: row.id,
    title: row.title,
    version: row.version,
    contentDigest: row.content_digest,
    benchmarkId: row.benchmark_id,
    profileId: row.profile_id,
    ...(row.allows_scripts ? { allowsScripts: true } : {}),
  }))
  const found = new Set(standards.map(({ id }) => id))
  return { standards, unresolved: ids.filter((id) => !found.has(id)) }
}

/** The folders (lower case) on which an account has a permission; undefined when there is no such account. */
export async function foldersOfAccount(db: Kysely<Tables>, name: string): Promise<readonly string[] | undefined> {
  return (await foldersOfAccounts(db, [name])).get(name.toLowerCase())
}

/** The same for several accounts, by their names in lower case. */
export async function foldersOfAccounts(
  db: Kysely<Tables>,
  names: readonly string[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  const keys = [...new Set(names.map((name) => name.toLowerCase()))]
  const { rows } = await sql<{ account: string; folders: string[] }>`
    select name_key as account, coalesce((
      select jsonb_agg(folder) from (
        select lower(granted.folder) as folder
        from user_roles
        join roles on roles.name = user_roles.role_name
        cross join jsonb_array_elements_text(roles.folders) as granted (folder)
        where user_roles.user_id = users.id
        union
        select folders.path_key from user_folders join folders on folders.id = user_folders.folder_id
        where user_folders.user_id = users.id) as granted), '[]') as folders
    from users where name_key = any(${keys}::text[])`.execute(db)
  return new Map(rows.map(({ account, folders }) => [account, folders]))
}

/** The assets that a run left incomplete: those that failed or were not finished. Undefined: it never began, and all are. */
export async function incompleteAssets(db: Kysely<Tables>, runId: string): Promise<string[] | undefined> {
  const run = await db.selectFrom('job_runs').select('started_at').where('id', '=', runId).executeTakeFirst()
  if (run?.started_at === null) return undefined
  const rows = await db
    .selectFrom('run_assets')
    .select('asset_id')
    .where('run_id', '=', runId)
    .where('state', '<>', 'completed')
    .execute()
  return rows.map(({ asset_id: id }) => id)
}

export interface AssetToReach {
  readonly name: string
  readonly address: AssetAddress
}

export async function findAssetToReach(db: Kysely<Tables>, assetId: string): Promise<AssetToReach | undefined> {
  const row = await db
    .selectFrom('assets')
    .select(['display_name', 'address'])
    .where('id', '=', assetId)
    .where('deleted_at', 'is', null)
    .executeTakeFirst()
  return row === undefined ? undefined : { name: row.display_name, address: row.address }
}
