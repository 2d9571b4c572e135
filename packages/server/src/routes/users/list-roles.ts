import { Type } from 'typebox'
import { defineOperation } from '../../context.ts'
import { listRoles } from '../../store/roles.ts'

export const listRolesOperation = defineOperation({
  method: 'GET',
  path: '/api/v1/roles',
  summary: 'List the roles with their tasks and folders',
  access: { tasks: ['View Roles'] },
  replies: {
    200: Type.Object({
      roles: Type.Array(
        Type.Object({
          name: Type.String(),
          tasks: Type.Array(Type.String()),
          folders: Type.Array(Type.String()),
          predefined: Type.Boolean(),
        }),
      ),
    }),
  },
  handler: async (context) => ({ status: 200, body: { roles: await listRoles(context.database.kysely) } }),
})
