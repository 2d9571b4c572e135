import { Type } from 'typebox'
import { ConfigError } from '../../config.ts'
import { defineOperation } from '../../context.ts'
import { RequestError } from '../../errors.ts'
import { credentialAccess } from '../credentials/credential-rules.ts'
import { ownBody } from '../own-body.ts'

const body = Type.Object({
  newKey: Type.Optional(Type.String({ maxLength: 100, description: '32 bytes in Base64; one is made without' })),
})

/** Answers when all servers and workers have the new key and all credentials are sealed with it. */
export const rotateMasterKeyOperation = defineOperation({
  method: 'POST',
  path: '/api/v1/master-key/rotations',
  summary: 'Seal all credentials with a new master key, while servers and workers run',
  access: { ...credentialAccess, tasks: [...credentialAccess.tasks, 'View Configuration Settings'] },
  body,
  replies: {
    200: Type.Object({
      sealed: Type.Integer(),
      already: Type.Integer({ description: 'sealed with the new key by a rotation that was interrupted' }),
      unreadable: Type.Array(Type.String(), { description: 'names of credentials that neither key opens' }),
      file: Type.Union([Type.String(), Type.Null()], {
        description: 'where the new key is; null when it is to be set as PLUMBLINE_MASTER_KEY before the next start',
      }),
    }),
  },
  async handler({ rotateMasterKey }, { caller, body: sent }) {
    const { newKey } = ownBody(body, sent)
    try {
      const rotation = await rotateMasterKey({ actor: caller.name, ...(newKey === undefined ? {} : { newKey }) })
      return { status: 200, body: { ...rotation, file: rotation.file ?? null } }
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error
      throw new RequestError('invalid-request', { message: `The key was not changed: ${error.message}.` })
    }
  },
})
