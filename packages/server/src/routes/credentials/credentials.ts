import { randomUUID } from 'node:crypto'
import { Type } from 'typebox'
import { isGuid } from '../../api/json-reader.ts'
import { defineOperation } from '../../context.ts'
import type { Context } from '../../context.ts'
import type { Transaction } from '../../db/database.ts'
import { RequestError } from '../../errors.ts'
import { recordAudit } from '../../store/audit.ts'
import { deleteCredential, findCredential, listCredentials, saveCredential } from '../../store/credentials.ts'
import type { SealedCredential } from '../../store/credentials.ts'
import { learnNewKey, lockForSealing } from '../../store/master-key-rotations.ts'
import { ownBody } from '../own-body.ts'
import { refuse } from '../search-parameters.ts'
import {
  checkSecrets,
  credentialAccess as access,
  elevationSchema,
  mergeSecrets,
  nameSchema,
  purposeOf,
  replaceUses,
  secretsSchema,
  userSchema,
  usesSchema,
} from './credential-rules.ts'
import type { Secrets } from './credential-rules.ts'

const shown = Type.Object({
  id: Type.String(),
  name: Type.String(),
  user: Type.String(),
  kinds: Type.Array(Type.String()),
  elevation: elevationSchema,
  createdAt: Type.String(),
  changedAt: Type.String(),
  assets: Type.Array(Type.String()),
  assetGroups: Type.Array(Type.String()),
  folders: Type.Array(Type.String()),
})

/** Everything but the secrets, which nothing ever gives back. */
export const listCredentialsOperation = defineOperation({
  method: 'GET',
  path: '/api/v1/credentials',
  summary: 'List credentials, without their secrets',
  access,
  replies: { 200: Type.Object({ credentials: Type.Array(shown) }) },
  handler: async (context) => ({
    status: 200,
    body: { credentials: await listCredentials(context.database.kysely) },
  }),
})

const newCredential = Type.Object({
  name: nameSchema,
  user: userSchema,
  elevation: Type.Optional(elevationSchema),
  ...secretsSchema,
  ...usesSchema,
})

export const addCredential = defineOperation({
  method: 'POST',
  path: '/api/v1/credentials',
  summary: 'Add a credential for assets, asset groups or folders; the nearest one of an asset is used',
  access,
  body: newCredential,
  replies: { 201: Type.Object({ id: Type.String() }) },
  async handler(context, { caller, body }) {
    const sent = ownBody(newCredential, body)
    const elevation = sent.elevation ?? 'none'
    const secrets = mergeSecrets({}, sent)
    await checkSecrets(secrets, elevation, sent)
    const id = randomUUID()
    await context.database.kysely.transaction().execute(async (tx) => {
      const sealed = await seal(context, tx, id, secrets)
      const { name, user } = sent
      if (!(await saveCredential(tx, { id, name, user, kinds: Object.keys(secrets), elevation, sealed }))) {
        throw refuse('name', name, 'a name that no credential has')
      }
      await replaceUses(tx, id, sent)
      const detail = { name, user, kinds: Object.keys(secrets), elevation }
      await recordAudit(tx, { actor: caller.name, action: 'credential.add', target: id, outcome: 'done', detail })
    })
    return { status: 201, body: { id } }
  },
})

const change = Type.Object({
  name: Type.Optional(nameSchema),
  user: Type.Optional(userSchema),
  elevation: Type.Optional(elevationSchema),
  ...secretsSchema,
  ...usesSchema,
})

/** Rotation: sessions that are open go on as they are, the next one uses what was sent. */
export const changeCredential = defineOperation({
  method: 'PATCH',
  path: '/api/v1/credentials/:id',
  summary: 'Change a credential; secrets that are left out stay, null takes one away',
  access,
  body: change,
  replies: { 204: null },
  async handler(context, { caller, params, body }) {
    const sent = ownBody(change, body)
    const before = await find(context, params['id'] ?? '')
    const elevation = sent.elevation ?? before.elevation
    const secrets = mergeSecrets(await openSecrets(context, before, sent), sent)
    await checkSecrets(secrets, elevation, sent)
    const { id } = before
    await context.database.kysely.transaction().execute(async (tx) => {
      const name = sent.name ?? before.name
      const user = sent.user ?? before.user
      const sealed = await seal(context, tx, id, secrets)
      if (!(await saveCredential(tx, { id, name, user, kinds: Object.keys(secrets), elevation, sealed }))) {
        throw refuse('name', name, 'a name that no other credential has')
      }
      await replaceUses(tx, id, sent)
      const detail = { members: Object.keys(sent) }
      await recordAudit(tx, { actor: caller.name, action: 'credential.change', target: id, outcome: 'done', detail })
    })
    return { status: 204 }
  },
})

export const deleteCredentialOperation = defineOperation({
  method: 'DELETE',
  path: '/api/v1/credentials/:id',
  summary: 'Delete a credential',
  access,
  replies: { 204: null },
  async handler(context, { caller, params }) {
    const { id, name } = await find(context, params['id'] ?? '')
    await context.database.kysely.transaction().execute(async (tx) => {
      await deleteCredential(tx, id)
      const entry = { actor: caller.name, action: 'credential.delete', target: id, outcome: 'done', detail: { name } }
      await recordAudit(tx, entry)
    })
    return { status: 204 }
  },
})

async function find({ database }: Context, id: string): Promise<SealedCredential> {
  const found = isGuid(id) ? await findCredential(database.kysely, id.toLowerCase()) : undefined
  if (found === undefined)
    throw new RequestError('not-found', { message: `There is no credential ${id.slice(0, 100)}.` })
  return found
}

/** With the key that holds at the end of the transaction. */
async function seal({ vault }: Context, tx: Transaction, id: string, secrets: Secrets): Promise<Uint8Array> {
  await lockForSealing(tx)
  await learnNewKey(tx, vault)
  return vault.seal(secrets, purposeOf(id))
}

/** What cannot be opened any more can still be replaced, all of it at once. */
async function openSecrets(
  { vault, database }: Context,
  { id, sealed }: SealedCredential,
  sent: object,
): Promise<Secrets> {
  try {
    await learnNewKey(database.kysely, vault)
    return vault.open(sealed, purposeOf(id)) as Secrets
  } catch (error) {
    if ('password' in sent || 'privateKey' in sent) return {}
    const why = error instanceof Error ? error.message : String(error)
    throw new RequestError('invalid-request', { message: `The secrets cannot be kept: ${why}.` })
  }
}
