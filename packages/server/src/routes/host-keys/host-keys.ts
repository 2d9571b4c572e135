import { Type } from 'typebox'
import { hostKeyFingerprint, hostKeyType } from '@plumbline/collect'
import { defineOperation } from '../../context.ts'
import { RequestError } from '../../errors.ts'
import { recordAudit } from '../../store/audit.ts'
import { approveHostKey, deleteHostKeys, listHostKeys } from '../../store/host-keys.ts'
import { ownBody } from '../own-body.ts'

const access = { tasks: ['View assets', 'Manage assets and asset groups'], folders: ['Asset System'] } as const

/** What hosts have shown of themselves, approved or not. */
export const listHostKeysOperation = defineOperation({
  method: 'GET',
  path: '/api/v1/host-keys',
  summary: 'List the SSH host keys that were shown and approved',
  access,
  replies: {
    200: Type.Object({
      hostKeys: Type.Array(
        Type.Object({
          host: Type.String(),
          type: Type.String(),
          fingerprint: Type.String(),
          shownAt: Type.String(),
          approvedAt: Type.Union([Type.Null(), Type.String()]),
          approvedBy: Type.Union([Type.Null(), Type.String()]),
        }),
      ),
    }),
  },
  async handler(context) {
    const keys = await listHostKeys(context.database.kysely)
    const hostKeys = keys.map(({ key, ...rest }) => ({
      ...rest,
      type: hostKeyType(Buffer.from(key)),
      fingerprint: hostKeyFingerprint(Buffer.from(key)),
    }))
    return { status: 200, body: { hostKeys } }
  },
})

const line = Type.String({ minLength: 1, maxLength: 300 })
const approval = Type.Object({ host: line, fingerprint: line })

/** The key with this fingerprint, which the host has shown, is the host's from now on, and no other is. */
export const approveHostKeyOperation = defineOperation({
  method: 'POST',
  path: '/api/v1/host-keys/approvals',
  summary: 'Approve the SSH host key that a host has shown, by its fingerprint',
  access,
  body: approval,
  replies: { 204: null },
  async handler(context, { caller, body }) {
    const { host, fingerprint } = ownBody(approval, body)
    await context.database.kysely.transaction().execute(async (tx) => {
      const shown = (await listHostKeys(tx, host)).find(
        ({ key }) => hostKeyFingerprint(Buffer.from(key)) === fingerprint,
      )
      if (shown === undefined) {
        throw new RequestError('not-found', {
          message: `${host} has shown no key with the fingerprint ${fingerprint}; test the asset, then look at the list.`,
        })
      }
      await approveHostKey(tx, { host: shown.host, key: shown.key, by: caller.name })
      const detail = { fingerprint }
      const entry = { actor: caller.name, action: 'host-key.approve', target: shown.host, outcome: 'done', detail }
      await recordAudit(tx, entry)
    })
    return { status: 204 }
  },
})

export const deleteHostKeysOperation = defineOperation({
  method: 'DELETE',
  path: '/api/v1/host-keys/:host',
  summary: 'Forget the SSH host keys of a host',
  access,
  replies: { 204: null },
  async handler(context, { caller, params }) {
    const host = params['host'] ?? ''
    await context.database.kysely.transaction().execute(async (tx) => {
      if ((await deleteHostKeys(tx, host)) === 0) {
        throw new RequestError('not-found', { message: `No key of ${host.slice(0, 300)} is known.` })
      }
      await recordAudit(tx, { actor: caller.name, action: 'host-key.delete', target: host, outcome: 'done' })
    })
    return { status: 204 }
  },
})
