import { randomUUID } from 'node:crypto'
import { sql, type Kysely, type RawBuilder } from 'kysely'
import type { Transaction } from '../db/database.ts'
import type { AssetAddress, Tables } from '../db/schema.ts'
import { byLowerCase, compareText, isBelow, type Comparison } from './search-conditions.ts'
import type { RunInputAsset } from './run-inputs.ts'

export interface Asset {
  readonly id: string
  readonly type: string
  readonly displayName: string
  readonly path: string
  readonly attributes: Readonly<Record<string, string | readonly string[]>>
  readonly createdAt: string
  readonly changedAt: string
}

interface AssetCondition extends Comparison {
  /** Lower case. */
  readonly attribute: string
  /** As the assets have it, where that is known. */
  readonly spelling?: string
}

export interface AssetSearch {
  /** Any of the lists; of a list, every condition. */
  readonly conditions: readonly (readonly AssetCondition[])[]
  /** The folder to look in. */
  readonly container: string
  readonly subtree: boolean
  /** The folders that the caller has a permission on: what is elsewhere is neither listed nor counted. */
  readonly permitted: readonly string[]
  readonly page: number
  readonly pageSize: number
  /** Only listed members of this group. */
  readonly memberOf?: string
  /** Only this one. */
  readonly id?: string
}

/** One page of assets by name, and how many there are in all. */
export async function searchAssets(
  db: Kysely<Tables>,
  search: AssetSearch,
): Promise<{ readonly assets: Asset[]; readonly total: number }> {
  const folder = sql`folders.path_key`
  const container = search.container.toLowerCase()
  const where = sql<boolean>`assets.deleted_at is null and ${isBelow(folder, search.permitted)}
    and ${search.id === undefined ? sql<boolean>`true` : sql<boolean>`assets.id = ${search.id}`}
    and ${search.memberOf === undefined ? sql<boolean>`true` : isMember(search.memberOf)}
    and ${search.subtree ? isBelow(folder, [container]) : sql<boolean>`folders.path_key = ${container}`}
    and ${agrees(search.conditions)}`
  const { rows } = await sql<Asset & { total: number }>`
    select assets.id, assets.type, assets.display_name as "displayName", folders.path, assets.attributes,
      assets.created_at as "createdAt", assets.changed_at as "changedAt", count(*) over ()::int as total
    from assets join folders on folders.id = assets.folder_id
    where ${where}
    order by lower(assets.display_name), assets.id
    limit ${search.pageSize} offset ${search.page * search.pageSize}`.execute(db)
  const [first] = rows
  if (first !== undefined || search.page === 0) return { assets: rows, total: first?.total ?? 0 }
  // Beyond the last page the window has nothing to count.
  const counted = await sql<{ total: number }>`
    select count(*)::int as total from assets join folders on folders.id = assets.folder_id where ${where}`.execute(db)
  return { assets: [], total: counted.rows[0]?.total ?? 0 }
}

/** Every asset that agrees, wherever it is, in no order: all that a run needs to know of it. */
export async function assetsThatAgree(
  db: Kysely<Tables>,
  conditions: AssetSearch['conditions'],
): Promise<RunInputAsset[]> {
  const { rows } = await sql<RunInputAsset>`
    select assets.id, assets.display_name as name, folders.path_key as folder
    from assets join folders on folders.id = assets.folder_id
    where assets.deleted_at is null and ${agrees(conditions)}`.execute(db)
  return rows
}

function agrees(conditions: AssetSearch['conditions']): RawBuilder<boolean> {
  const lists = conditions.map((list) => sql<boolean>`(${sql.join(list.map(condition), sql` and `)})`)
  return sql<boolean>`(${sql.join(lists, sql` or `)})`
}

const isMember = (groupId: string): RawBuilder<boolean> => sql<boolean>`exists (
  select from asset_group_members as members where members.group_id = ${groupId} and members.asset_id = assets.id)`

/** An attribute of its own, or one of the asset's, whose values are each compared. */
function condition({ attribute, spelling, ...comparison }: AssetCondition): RawBuilder<boolean> {
  const column = byName.get(attribute)
  if (column !== undefined) return compareText(column, comparison)
  if (spelling !== undefined) {
    const value = sql`(assets.attributes -> ${spelling}::text)`
    return sql<boolean>`case jsonb_typeof${value}
      when 'string' then ${compareText(sql`(${value} #>> '{}')`, comparison)}
      when 'array' then exists (
        select from jsonb_array_elements_text${value} as each (text) where ${compareText(sql`each.text`, comparison)})
      else false end`
  }
  return sql<boolean>`exists (
    select from jsonb_each(assets.attributes) as given (name, value),
      jsonb_array_elements_text(case jsonb_typeof(given.value) when 'array' then given.value
        else jsonb_build_array(given.value) end) as each (text)
    where lower(given.name) = ${attribute} and ${compareText(sql`each.text`, comparison)})`
}

/** Uses results_latest. */
const latest = (score: RawBuilder<unknown>): RawBuilder<number | null> => sql<number | null>`
  select ${score} from (
    select distinct on (standard_id) case when waived is null then score else adjusted_score end as score,
      risk_count, risk_sum, risk_max
    from results where asset_id = assets.id order by standard_id, evaluated_at desc) as latest`

/** To one digit, as base scores are; without a failed check there is no risk. */
const scoreOf = {
  compliance: latest(sql`avg(score)::float8`),
  risk: latest(sql`case when count(risk_count) > 0 then
    coalesce(round((sum(risk_sum) / nullif(sum(risk_count), 0))::numeric, 1), 0)::float8 end`),
  maxRisk: latest(sql`max(risk_max)`),
}

/** Empty where nothing was evaluated, as in the details of an asset. */
const scoreText = (score: RawBuilder<number | null>): RawBuilder<string> => sql<string>`coalesce((${score})::text, '')`

const columns: Readonly<Record<string, RawBuilder<unknown>>> = {
  displayName: sql`assets.display_name`,
  Id: sql`assets.id::text`,
  Type: sql`assets.type`,
  Path: sql`folders.path`,
  whenCreated: sql`to_char(assets.created_at, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`,
  whenChanged: sql`to_char(assets.changed_at, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`,
  'symc-csm-AssetSystem-Asset-AssetBase-EvaluatedComplianceScores': scoreText(scoreOf.compliance),
  'symc-csm-AssetSystem-Asset-AssetBase-EvaluatedRiskScores': scoreText(scoreOf.risk),
  'symc-csm-AssetSystem-Asset-AssetBase-MaxRiskScores': scoreText(scoreOf.maxRisk),
}

const byName = byLowerCase(columns)

/** What every asset can be searched by, beside its attributes. */
export const assetColumns: readonly string[] = Object.keys(columns)

/** The attributes that assets in these folders have, whoever gave them. */
export async function listAttributes(db: Kysely<Tables>, permitted: readonly string[]): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`
    select distinct name from assets join folders on folders.id = assets.folder_id,
      jsonb_object_keys(assets.attributes) as name
    where assets.deleted_at is null and ${isBelow(sql`folders.path_key`, permitted)} order by name`.execute(db)
  return rows.map(({ name }) => name)
}

export async function findAsset(db: Kysely<Tables>, id: string): Promise<Asset | undefined> {
  return db
    .selectFrom('assets')
    .innerJoin('folders', 'folders.id', 'assets.folder_id')
    .select([
      'assets.id',
      'assets.type',
      'assets.display_name as displayName',
      'folders.path',
      'assets.attributes',
      'assets.created_at as createdAt',
      'assets.changed_at as changedAt',
    ])
    .where('assets.id', '=', id)
    .where('assets.deleted_at', 'is', null)
    .executeTakeFirst()
}

/** Those of the ids that are assets, with their folders. */
export function findAssets(
  db: Kysely<Tables> | Transaction,
  ids: readonly string[],
): Promise<{ id: string; displayName: string; path: string }[]> {
  return db
    .selectFrom('assets')
    .innerJoin('folders', 'folders.id', 'assets.folder_id')
    .select(['assets.id', 'assets.display_name as displayName', 'folders.path'])
    .where(sql<boolean>`assets.id = any(${sql.val(ids)}::uuid[])`)
    .where('assets.deleted_at', 'is', null)
    .execute()
}

/** The path of an asset's folder, also of one that was deleted. */
export async function findFolderOfAsset(db: Kysely<Tables>, id: string): Promise<string | undefined> {
  const row = await db
    .selectFrom('assets')
    .innerJoin('folders', 'folders.id', 'assets.folder_id')
    .select('folders.path')
    .where('assets.id', '=', id)
    .executeTakeFirst()
  return row?.path
}

/** Until the transaction ends nobody else changes these; in one order, so that two do not wait for each other. */
export async function lockAssets(tx: Transaction, ids: readonly string[]): Promise<void> {
  await sql`select from assets where id = any(${sql.val(ids)}::uuid[]) order by id for update`.execute(tx)
}

/** They are found no more; what refers to them, their results and evidence, stays until the purge. */
export async function deleteAssets(tx: Transaction, ids: readonly string[]): Promise<void> {
  const named = sql<boolean>`asset_id = any(${sql.val(ids)}::uuid[])`
  await tx.deleteFrom('asset_group_members').where(named).execute()
  await tx.deleteFrom('credential_uses').where(named).execute()
  await tx
    .updateTable('assets')
    .set({ deleted_at: sql`now()` })
    .where(sql<boolean>`id = any(${sql.val(ids)}::uuid[])`)
    .execute()
}

/** The asset with this SSH address; of several the one that has been there for the longest. */
export async function findAssetAt(
  db: Kysely<Tables>,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<string | undefined> {
  const { rows } = await sql<{ id: string }>`
    select id from assets
    where deleted_at is null and address ->> 'transport' = 'ssh'
      and lower(address ->> 'host') = ${host.toLowerCase()} and address -> 'port' = to_jsonb(${port}::int)
    order by created_at, id limit 1`.execute(db)
  return rows[0]?.id
}

/** Adds what was found on the asset to what is known of it. */
export async function addAttributes(
  db: Kysely<Tables>,
  id: string,
  found: Readonly<Record<string, string | readonly string[]>>,
): Promise<void> {
  const attributes = sql`${JSON.stringify(found)}::jsonb`
  await sql`update assets set attributes = attributes || ${attributes}, changed_at = now()
    where id = ${id} and deleted_at is null and not attributes @> ${attributes}`.execute(db)
}

export interface AssetScores {
  readonly compliance: number | null
  readonly risk: number | null
  readonly maxRisk: number | null
}

/** Over its latest results, one a standard, as they were evaluated; null when nothing was. */
export async function findAssetScores(db: Kysely<Tables>, id: string): Promise<AssetScores> {
  const { rows } = await sql<AssetScores>`
    select (${scoreOf.compliance}) as compliance, (${scoreOf.risk}) as risk, (${scoreOf.maxRisk}) as "maxRisk"
    from assets where id = ${id}`.execute(db)
  return rows[0] ?? { compliance: null, risk: null, maxRisk: null }
}

export interface NewAsset {
  readonly type: string
  readonly displayName: string
  readonly folderId: string
  /** What makes it this asset and no other. */
  readonly identity: string
  readonly attributes: Readonly<Record<string, string | readonly string[]>>
  readonly address: AssetAddress
}

/** Its id, or undefined when an asset of that identity exists. */
export async function addAsset(tx: Transaction, asset: NewAsset): Promise<string | undefined> {
  const { rows } = await sql<{ id: string }>`
    insert into assets (id, type, display_name, folder_id, identity_key, attributes, address)
    values (${randomUUID()}, ${asset.type}, ${asset.displayName}, ${asset.folderId}, ${asset.identity.toLowerCase()},
      ${JSON.stringify(asset.attributes)}::jsonb, ${JSON.stringify(asset.address)}::jsonb)
    on conflict (identity_key) where deleted_at is null do nothing
    returning id`.execute(tx)
  return rows[0]?.id
}
