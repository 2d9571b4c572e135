import { Type } from 'typebox'
import { sql } from 'kysely'
import { defineOperation } from '../../context.ts'

/** For load balancers: 200 as long as the database answers. */
export const healthOperation = defineOperation({
  method: 'GET',
  path: '/api/v1/health',
  summary: 'Whether the server and its database answer',
  access: 'public',
  replies: { 200: Type.Object({ status: Type.Literal('ok') }) },
  async handler(context) {
    await sql`select 1`.execute(context.database.kysely)
    return { status: 200, body: { status: 'ok' } }
  },
})

/** Whether this server should get requests: the same question, for those who ask for readiness by name. */
export const readyOperation = defineOperation({ ...healthOperation, path: '/readyz' })
