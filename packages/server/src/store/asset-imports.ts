import { createHash, randomUUID } from 'node:crypto'
import { sql, type Kysely } from 'kysely'
import type { Transaction } from '../db/database.ts'
import type { AssetAddress, Tables } from '../db/schema.ts'
import { lockAssets } from './assets.ts'
import { compressJson, decompressJson } from './compressed-json.ts'

/** An asset that an import may mean. */
export interface KnownAsset {
  readonly id: string
  readonly type: string
  readonly identity: string
  readonly displayName: string
  readonly path: string
  readonly attributes: Readonly<Record<string, string | readonly string[]>>
  readonly address: AssetAddress
}

/** Those with one of the identities, and those reached by SSH with one of the names. */
export async function findKnownAssets(
  db: Kysely<Tables> | Transaction,
  { identities, names }: { readonly identities: readonly string[]; readonly names: readonly string[] },
): Promise<KnownAsset[]> {
  const lower = (texts: readonly string[]): string[] => texts.map((text) => text.toLowerCase())
  const { rows } = await sql<KnownAsset>`
    select assets.id, type, identity_key as identity, display_name as "displayName", path, attributes, address
    from assets join folders on folders.id = folder_id
    where deleted_at is null
      and (identity_key = any(${lower(identities)}::text[])
        or (lower(display_name) = any(${lower(names)}::text[]) and address ->> 'transport' = 'ssh'))`.execute(db)
  return rows
}

export interface AssetToSave {
  readonly id: string
  readonly type: string
  readonly identity: string
  readonly displayName: string
  readonly attributes: Readonly<Record<string, string | readonly string[]>>
  readonly address: AssetAddress
}

const partSize = 1000

/** Answers with the ids of those whose identity nobody else had. */
export async function insertAssets(
  tx: Transaction,
  assets: readonly (AssetToSave & { readonly folderId: string })[],
): Promise<Set<string>> {
  const made = new Set<string>()
  // In one order, so that two who make the same assets do not wait for each other.
  const sorted = assets.map(asRow).toSorted((one, other) => one.identity_key.localeCompare(other.identity_key))
  for (let start = 0; start < sorted.length; start += partSize) {
    const part = sorted.slice(start, start + partSize)
    const { rows } = await sql<{ id: string }>`
      insert into assets (id, type, display_name, folder_id, identity_key, attributes, address)
      select id, type, display_name, folder_id, identity_key, attributes, address
      from jsonb_to_recordset(${JSON.stringify(part)}::jsonb) as sent (id uuid, type text, display_name text,
        folder_id uuid, identity_key text, attributes jsonb, address jsonb)
      on conflict (identity_key) where deleted_at is null do nothing
      returning id`.execute(tx)
    for (const { id } of rows) made.add(id)
  }
  return made
}

/** Attributes are added to those that the asset has; the rest takes the place of what was. */
export async function updateAssets(tx: Transaction, assets: readonly AssetToSave[]): Promise<void> {
  if (assets.length === 0) return
  await lockAssets(
    tx,
    assets.map(({ id }) => id),
  )
  await sql`
    update assets set display_name = sent.display_name, identity_key = sent.identity_key,
      attributes = assets.attributes || sent.attributes, address = sent.address, changed_at = now()
    from jsonb_to_recordset(${JSON.stringify(assets.map(asRow))}::jsonb) as sent (id uuid, display_name text,
      identity_key text, attributes jsonb, address jsonb)
    where assets.id = sent.id and deleted_at is null`.execute(tx)
}

function asRow(asset: AssetToSave & { readonly folderId?: string }) {
  const { id, type, displayName, folderId, identity, attributes, address } = asset
  return {
    id,
    type,
    display_name: displayName,
    folder_id: folderId,
    identity_key: identity.toLowerCase(),
    attributes,
    address,
  }
}

export interface ImportedGroup {
  readonly id: string
  readonly imported: boolean
  readonly members: readonly string[]
}

export async function findGroupInFolder(
  db: Kysely<Tables> | Transaction,
  folderId: string,
  name: string,
): Promise<ImportedGroup | undefined> {
  const { rows } = await sql<ImportedGroup>`
    select id, imported, coalesce(
      (select jsonb_agg(asset_id order by asset_id) from asset_group_members where group_id = asset_groups.id), '[]'
    ) as members
    from asset_groups where folder_id = ${folderId} and lower(display_name) = ${name.toLowerCase()}`.execute(db)
  return rows[0]
}

export async function addImportedGroup(tx: Transaction, folderId: string, name: string): Promise<string> {
  const id = randomUUID()
  await tx
    .insertInto('asset_groups')
    .values({
      id,
      display_name: name,
      description: 'Of an inventory.',
      folder_id: folderId,
      expression: null,
      imported: true,
    })
    .execute()
  return id
}

/** Keeps the text of an inventory; the same text twice is kept once. Answers with its digest. */
export async function saveInventory(tx: Transaction, text: string): Promise<string> {
  const digest = createHash('sha256').update(text).digest('hex')
  for (const [seq, body] of compressJson(text).entries()) {
    await tx
      .insertInto('inventories')
      .values({ digest, seq, body })
      .onConflict((conflict) => conflict.columns(['digest', 'seq']).doUpdateSet({ created_at: sql`now()` }))
      .execute()
  }
  return digest
}

export async function loadInventory(db: Kysely<Tables>, digest: string): Promise<string | undefined> {
  const rows = await db.selectFrom('inventories').select('body').where('digest', '=', digest).orderBy('seq').execute()
  return rows.length === 0 ? undefined : decompressJson(rows.map(({ body }) => body))
}

/** Those that no job and no run names; young ones may belong to a job that is being made. */
export async function forgetUnusedInventories(db: Kysely<Tables>): Promise<void> {
  await sql`
    delete from inventories where created_at < now() - interval '1 day' and digest not in (
      select definition -> 'assetImport' ->> 'digest' from jobs
      where definition -> 'assetImport' ->> 'digest' is not null
      union
      select snapshot -> 'definition' -> 'assetImport' ->> 'digest' from job_runs
      where snapshot -> 'definition' -> 'assetImport' ->> 'digest' is not null)`.execute(db)
}
