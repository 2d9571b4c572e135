import { Type } from 'typebox'
import { defineOperation } from '../../context.ts'
import { listUsers } from '../../store/users.ts'

export const listUsersOperation = defineOperation({
  method: 'GET',
  path: '/api/v1/users',
  summary: 'List accounts with their roles and folders',
  access: { tasks: ['Manage Users'] },
  replies: {
    200: Type.Object({
      users: Type.Array(
        Type.Object({
          name: Type.String(),
          disabled: Type.Boolean(),
          roles: Type.Array(Type.String()),
          folders: Type.Array(Type.String()),
          createdAt: Type.String(),
        }),
      ),
    }),
  },
  async handler(context) {
    const users = await listUsers(context.database.kysely)
    return {
      status: 200,
      body: {
        users: users.map(({ name, disabled, roles, folders, createdAt }) => ({
          name,
          disabled,
          roles,
          folders,
          createdAt,
        })),
      },
    }
  },
})
