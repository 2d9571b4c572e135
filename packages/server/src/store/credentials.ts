import { sql, type Kysely } from 'kysely'
import type { Transaction } from '../db/database.ts'
import type { Tables } from '../db/schema.ts'

export type ElevationKind = 'none' | 'sudo' | 'sudo-commands' | 'su'

/** A credential without its secrets. */
export interface Credential {
  readonly id: string
  readonly name: string
  readonly user: string
  /** Which secrets it has: `password`, `privateKey`, `passphrase`, `elevationPassword`. */
  readonly kinds: readonly string[]
  readonly elevation: ElevationKind
  readonly createdAt: string
  readonly changedAt: string
}

export interface SealedCredential {
  readonly id: string
  readonly name: string
  readonly user: string
  readonly elevation: ElevationKind
  readonly sealed: Uint8Array
}

/** The things that a credential is for. */
export interface CredentialUses {
  readonly assets: readonly string[]
  readonly assetGroups: readonly string[]
  /** Paths. */
  readonly folders: readonly string[]
}

export async function listCredentials(db: Kysely<Tables>): Promise<(Credential & CredentialUses)[]> {
  const { rows } = await sql<Credential & CredentialUses>`
    select credentials.id, name, user_name as "user", kinds, elevation, credentials.created_at as "createdAt",
      changed_at as "changedAt",
      coalesce(jsonb_agg(asset_id) filter (where asset_id is not null), '[]') as assets,
      coalesce(jsonb_agg(group_id) filter (where group_id is not null), '[]') as "assetGroups",
      coalesce(jsonb_agg(path) filter (where path is not null), '[]') as folders
    from credentials
    left join credential_uses on credential_id = credentials.id
    left join folders on folders.id = folder_id
    group by credentials.id order by name_key`.execute(db)
  return rows
}

export interface NewCredential {
  readonly id: string
  readonly name: string
  readonly user: string
  readonly kinds: readonly string[]
  readonly elevation: ElevationKind
  readonly sealed: Uint8Array
}

/** Answers whether it was stored; not so when another one has the name. */
export async function saveCredential(tx: Transaction, credential: NewCredential): Promise<boolean> {
  const { id, name, user, kinds, elevation, sealed } = credential
  const values = {
    name,
    name_key: name.toLowerCase(),
    user_name: user,
    kinds: JSON.stringify(kinds),
    elevation,
    sealed,
  }
  const other = await tx
    .selectFrom('credentials')
    .select('id')
    .where('name_key', '=', values.name_key)
    .where('id', '<>', id)
    .executeTakeFirst()
  if (other !== undefined) return false
  await tx
    .insertInto('credentials')
    .values({ id, ...values })
    .onConflict((conflict) => conflict.column('id').doUpdateSet({ ...values, changed_at: sql`now()` }))
    .execute()
  return true
}

export async function deleteCredential(tx: Transaction, id: string): Promise<string | undefined> {
  const row = await tx.deleteFrom('credentials').where('id', '=', id).returning('name').executeTakeFirst()
  return row?.name
}

export async function findCredential(db: Kysely<Tables>, id: string): Promise<SealedCredential | undefined> {
  return db
    .selectFrom('credentials')
    .select(['id', 'name', 'user_name as user', 'elevation', 'sealed'])
    .where('id', '=', id)
    .executeTakeFirst()
}

/** All of them. */
export function listSealed(tx: Transaction): Promise<SealedCredential[]> {
  return tx
    .selectFrom('credentials')
    .select(['id', 'name', 'user_name as user', 'elevation', 'sealed'])
    .orderBy('id')
    .execute()
}

/** The same secrets, sealed anew; nothing that somebody changed. */
export async function replaceSealed(tx: Transaction, id: string, sealed: Uint8Array): Promise<void> {
  await tx.updateTable('credentials').set({ sealed }).where('id', '=', id).execute()
}

/** Replaces what the credential is for; takes each thing from the credential that it had. Ids that stand for nothing are answered. */
export async function setUses(
  tx: Transaction,
  id: string,
  uses: { readonly [Kind in keyof CredentialUses]?: CredentialUses[Kind] | undefined },
): Promise<{ readonly member: keyof CredentialUses; readonly value: string }[]> {
  const unknown: { member: keyof CredentialUses; value: string }[] = []
  for (const [member, column, table] of [
    ['assets', 'asset_id', 'assets'],
    ['assetGroups', 'group_id', 'asset_groups'],
    ['folders', 'folder_id', 'folders'],
  ] as const) {
    const wanted = uses[member]
    if (wanted === undefined) continue
    const found = await findTargets(tx, table, wanted)
    unknown.push(...wanted.filter((_, at) => found[at] === undefined).map((value) => ({ member, value })))
    const ids = found.filter((one) => one !== undefined)
    await sql`delete from credential_uses
      where (credential_id = ${id} and ${sql.ref(column)} is not null) or ${sql.ref(column)} = any(${ids}::uuid[])`.execute(
      tx,
    )
    await sql`insert into credential_uses (credential_id, ${sql.ref(column)})
      select distinct ${id}::uuid, target from unnest(${ids}::uuid[]) as target`.execute(tx)
  }
  return unknown
}

/** The ids of the things that are meant, in their order; folders are named by their path. */
async function findTargets(
  tx: Transaction,
  table: 'asset_groups' | 'assets' | 'folders',
  wanted: readonly string[],
): Promise<(string | undefined)[]> {
  const key = table === 'folders' ? sql`path_key` : sql`id::text`
  const there = table === 'assets' ? sql`deleted_at is null` : sql`true`
  const keys = wanted.map((one) => one.toLowerCase())
  const { rows } = await sql<{ id: string; key: string }>`
    select id, ${key} as key from ${sql.table(table)} where ${key} = any(${keys}::text[]) and ${there} order by id for key share`.execute(
    tx,
  )
  const ids = new Map(rows.map((row) => [row.key, row.id]))
  return keys.map((one) => ids.get(one))
}

/** How an asset may be logged in to, the nearest first: its own credential, those of its groups, those of its folders. */
export interface CredentialCandidate {
  readonly credentialId: string
  /** Of a group whose members an expression tells: whether the asset is one is still to be seen. */
  readonly expression: string | null
}

export async function findCandidates(db: Kysely<Tables>, assetId: string): Promise<CredentialCandidate[]> {
  const { rows } = await sql<CredentialCandidate>`
    select credential_id as "credentialId", expression from (
      select credential_id, null::text as expression, 1 as distance, 0 as nearness, '' as name
      from credential_uses where asset_id = ${assetId}
      union all
      select credential_id, expression, 2, 0, lower(display_name)
      from credential_uses join asset_groups on asset_groups.id = group_id
      where expression is not null
        or exists (select from asset_group_members as members
          where members.group_id = asset_groups.id and members.asset_id = ${assetId})
      union all
      select credential_id, null, 3, -length(above.path_key), ''
      from credential_uses
      join folders as above on above.id = credential_uses.folder_id
      join assets on assets.id = ${assetId}
      join folders as own on own.id = assets.folder_id
      where own.path_key = above.path_key or starts_with(own.path_key, above.path_key || '\\')
    ) as candidates order by distance, nearness, name, "credentialId"`.execute(db)
  return rows
}
