import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { sql, type Kysely } from 'kysely'
import { batched } from '../db/batched.ts'
import type { Transaction } from '../db/database.ts'
import type { Tables } from '../db/schema.ts'

/** Seconds that an access and a refresh token live. */
export const accessSeconds = 60 * 60
export const refreshSeconds = 90 * 60

export interface TokenPair {
  readonly accessToken: string
  readonly refreshToken: string
}

const hashOf = (token: string): Buffer => createHash('sha256').update(token).digest()

/** A new pair, in a new family unless one is given. Only hashes are kept. */
export async function issueTokens(tx: Transaction, userId: string, family: string = randomUUID()): Promise<TokenPair> {
  const pair = { accessToken: randomToken(), refreshToken: randomToken() }
  const row = (kind: 'access' | 'refresh', token: string, seconds: number) => ({
    hash: hashOf(token),
    kind,
    family,
    user_id: userId,
    expires_at: sql<string>`now() + make_interval(secs => ${seconds})`,
  })
  await tx
    .insertInto('tokens')
    .values([row('access', pair.accessToken, accessSeconds), row('refresh', pair.refreshToken, refreshSeconds)])
    .execute()
  return pair
}

/** Opaque, 256 bits. */
const randomToken = (): string => randomBytes(32).toString('base64url')

export interface TokenOwner {
  readonly id: string
  readonly name: string
  readonly tasks: readonly string[]
  readonly folders: readonly string[]
}

/**
 * Whose access token it is, with the union of the roles' tasks and of all folders; by the primary key of `tokens`. One
 * look-up a request, shared by the requests of a moment.
 */
export const findTokenOwner = batched(async (db, tokens: readonly string[]): Promise<(TokenOwner | undefined)[]> => {
  const hashes = tokens.map((token) => hashOf(token).toString('hex'))
  const { rows } = await sql<TokenOwner & { readonly hash: string }>`
    select encode(tokens.hash, 'hex') as hash, users.id, users.name,
      coalesce((select jsonb_agg(distinct task)
        from user_roles join roles on roles.name = role_name, jsonb_array_elements_text(roles.tasks) task
        where user_id = users.id), '[]') as tasks,
      coalesce((select jsonb_agg(distinct folder) from (
        select jsonb_array_elements_text(roles.folders) as folder
        from user_roles join roles on roles.name = role_name where user_id = users.id
        union all
        select path from user_folders join folders on folders.id = folder_id where user_id = users.id) granted), '[]')
        as folders
    from (select distinct decode(unnest(${hashes}::text[]), 'hex') as hash) as asked
      join tokens on tokens.hash = asked.hash join users on users.id = tokens.user_id
    where tokens.kind = 'access' and tokens.expires_at > now() and not users.disabled`.execute(db)
  const owners = new Map(rows.map(({ hash, ...owner }) => [hash, owner]))
  return hashes.map((hash) => owners.get(hash))
})

/**
 * Takes a refresh token out of use and answers whose it was. A token that was used before is in the hands of two: its
 * whole family ends, and nobody gets a new one.
 */
export async function spendRefreshToken(
  tx: Transaction,
  token: string,
): Promise<{ readonly userId: string; readonly family: string } | 'reused' | undefined> {
  const row = await tx
    .selectFrom('tokens')
    .innerJoin('users', 'users.id', 'tokens.user_id')
    .select(['tokens.user_id as userId', 'family', 'spent_at as spentAt'])
    .where('hash', '=', hashOf(token))
    .where('kind', '=', 'refresh')
    .where('expires_at', '>', sql<string>`now()`)
    .where('users.disabled', '=', false)
    .forUpdate('tokens')
    .executeTakeFirst()
  if (row === undefined) return undefined
  if (row.spentAt !== null) {
    await tx.deleteFrom('tokens').where('family', '=', row.family).execute()
    return 'reused'
  }
  await tx
    .updateTable('tokens')
    .set({ spent_at: sql`now()` })
    .where('hash', '=', hashOf(token))
    .execute()
  // The old access token ends with the pair it belonged to.
  await tx.deleteFrom('tokens').where('family', '=', row.family).where('kind', '=', 'access').execute()
  return { userId: row.userId, family: row.family }
}

export async function revokeTokens(tx: Transaction, userId: string): Promise<void> {
  await tx.deleteFrom('tokens').where('user_id', '=', userId).execute()
}

/** Spent refresh tokens are kept until they expire, so that their reuse is noticed. */
export async function purgeTokens(db: Kysely<Tables>): Promise<void> {
  await db
    .deleteFrom('tokens')
    .where('expires_at', '<', sql<string>`now()`)
    .execute()
}
