import { whyKeyUnusable } from '@plumbline/collect'
import { Type } from 'typebox'
import type { Static } from 'typebox'
import type { Transaction } from '../../db/database.ts'
import { RequestError } from '../../errors.ts'
import { setUses } from '../../store/credentials.ts'

/** Credentials reach machines: whoever keeps them may use all of the asset system. */
export const credentialAccess = {
  tasks: ['View assets', 'Manage assets and asset groups'],
  folders: ['Asset System'],
} as const

const secret = (maxLength: number) => Type.Union([Type.Null(), Type.String({ minLength: 1, maxLength })])
const ids = Type.Array(Type.String({ format: 'uuid' }), { maxItems: 100_000 })

export const nameSchema = Type.String({ minLength: 1, maxLength: 100, pattern: String.raw`^[^\u0000-\u001f]+$` })
export const userSchema = Type.String({ minLength: 1, maxLength: 200, pattern: String.raw`^[^\u0000-\u001f]+$` })

/** Null takes a secret away; one that is left out stays. */
export const secretsSchema = {
  password: Type.Optional(secret(1000)),
  privateKey: Type.Optional(secret(100_000)),
  passphrase: Type.Optional(secret(1000)),
  elevationPassword: Type.Optional(secret(1000)),
}
export const elevationSchema = Type.Union([
  Type.Literal('none'),
  Type.Literal('sudo'),
  Type.Literal('sudo-commands'),
  Type.Literal('su'),
])
export const usesSchema = {
  assets: Type.Optional(ids),
  assetGroups: Type.Optional(ids),
  folders: Type.Optional(Type.Array(Type.String({ maxLength: 400 }), { maxItems: 1000 })),
}

const secretNames = ['password', 'privateKey', 'passphrase', 'elevationPassword'] as const
export type Secrets = { readonly [Name in (typeof secretNames)[number]]?: string }

const sentSchema = Type.Object(secretsSchema)

/** The secrets as they are from now on. */
export function mergeSecrets(before: Secrets, sent: Static<typeof sentSchema>): Secrets {
  const after: Record<string, string> = {}
  for (const name of secretNames) {
    const value = sent[name] === undefined ? before[name] : sent[name]
    if (value !== undefined && value !== null) after[name] = value
  }
  return after
}

/** What can never work is refused now, not on every asset of the next run. A key that was kept before is not looked at again. */
export async function checkSecrets(
  secrets: Secrets,
  elevation: Static<typeof elevationSchema>,
  sent: Static<typeof sentSchema>,
): Promise<void> {
  const refuse = (member: string, allowed: string): RequestError =>
    new RequestError('invalid-request', { details: [{ Member: member, Allowed: allowed }] })
  if (secrets.password === undefined && secrets.privateKey === undefined) {
    throw refuse('password', 'a password or a private key: one of the two is needed')
  }
  if (elevation === 'su' && secrets.elevationPassword === undefined) {
    throw refuse('elevationPassword', 'the password of root: su asks for it')
  }
  const { privateKey: text, passphrase } = secrets
  if (text === undefined || (sent.privateKey === undefined && sent.passphrase === undefined)) return
  const why = await whyKeyUnusable({ name: 'that was sent', text, passphrase })
  if (why !== undefined) throw refuse('privateKey', `a private key that can be used, with its passphrase: ${why}`)
}

export async function replaceUses(
  tx: Transaction,
  id: string,
  uses: { readonly assets?: string[]; readonly assetGroups?: string[]; readonly folders?: string[] },
): Promise<void> {
  const [unknown] = await setUses(tx, id, uses)
  if (unknown === undefined) return
  const Allowed = unknown.member === 'folders' ? 'the path of an existing folder' : 'an id that exists'
  throw new RequestError('invalid-request', { details: [{ Member: unknown.member, Value: unknown.value, Allowed }] })
}

export const purposeOf = (id: string): string => `credential ${id}`
