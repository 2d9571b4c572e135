import { Type } from 'typebox'
import { hashPassword } from '../../auth/password.ts'
import { defineOperation } from '../../context.ts'
import { RequestError } from '../../errors.ts'
import { recordAudit } from '../../store/audit.ts'
import { addUser } from '../../store/users.ts'
import { ownBody } from '../own-body.ts'
import { namesSchema, nameSchema, passwordSchema, setPermissions } from './user-rules.ts'

const body = Type.Object({
  name: nameSchema,
  password: passwordSchema,
  roles: namesSchema,
  folders: Type.Optional(namesSchema),
})

export const addUserOperation = defineOperation({
  method: 'POST',
  path: '/api/v1/users',
  summary: 'Add an account',
  access: { tasks: ['Manage Users'] },
  body,
  replies: { 201: Type.Object({ name: Type.String() }) },
  async handler(context, request) {
    const { name, password, roles, folders } = ownBody(body, request.body)
    const hash = await hashPassword(password)
    await context.database.kysely.transaction().execute(async (tx) => {
      const id = await addUser(tx, name, hash)
      if (id === false) {
        throw new RequestError('invalid-request', {
          details: [{ Member: 'name', Value: name, Allowed: 'a name that no account has' }],
        })
      }
      await setPermissions(tx, id, { roles, folders })
      await recordAudit(tx, {
        actor: request.caller.name,
        action: 'user.add',
        target: name,
        outcome: 'done',
        detail: { roles, folders: folders ?? [] },
      })
    })
    return { status: 201, body: { name } }
  },
})
