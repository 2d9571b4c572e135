import { Type } from 'typebox'
import { hashPassword } from '../../auth/password.ts'
import { defineOperation } from '../../context.ts'
import { RequestError } from '../../errors.ts'
import { recordAudit } from '../../store/audit.ts'
import { revokeTokens } from '../../store/tokens.ts'
import { changeUser, findUser } from '../../store/users.ts'
import { ownBody } from '../own-body.ts'
import { keepOneAdministrator, namesSchema, passwordSchema, setPermissions } from './user-rules.ts'

const body = Type.Object({
  disabled: Type.Optional(Type.Boolean()),
  password: Type.Optional(passwordSchema),
  roles: Type.Optional(namesSchema),
  folders: Type.Optional(namesSchema),
})

export const changeUserOperation = defineOperation({
  method: 'PATCH',
  path: '/api/v1/users/:name',
  summary: 'Disable or enable an account, set its password, roles or folders',
  access: { tasks: ['Manage Users'] },
  body,
  replies: { 204: null },
  async handler(context, request) {
    const { disabled, password, roles, folders } = ownBody(body, request.body)
    const name = request.params['name'] ?? ''
    const passwordHash = password === undefined ? undefined : await hashPassword(password)
    await context.database.kysely.transaction().execute(async (tx) => {
      const user = await findUser(tx, name)
      if (user === undefined) throw new RequestError('not-found', { message: `There is no account '${name}'.` })
      await changeUser(tx, user.id, { disabled, passwordHash })
      await setPermissions(tx, user.id, { roles, folders })
      await keepOneAdministrator(tx)
      if (disabled === true || passwordHash !== undefined) await revokeTokens(tx, user.id)
      await recordAudit(tx, {
        actor: request.caller.name,
        action: 'user.change',
        target: user.name,
        outcome: 'done',
        detail: { disabled, roles, folders, password: password === undefined ? undefined : 'changed' },
      })
    })
    return { status: 204 }
  },
})
