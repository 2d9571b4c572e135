import { Type } from 'typebox'
import { defineOperation } from '../../context.ts'
import { verifyAudit } from '../../store/audit.ts'

export const verifyAuditOperation = defineOperation({
  method: 'GET',
  path: '/api/v1/audit/verify',
  summary: 'Recompute the hash chain of the audit trail',
  access: { tasks: ['View Audit'] },
  replies: {
    200: Type.Object({
      intact: Type.Boolean(),
      records: Type.Integer(),
      unsealed: Type.Integer(),
      problem: Type.Optional(Type.String()),
    }),
  },
  handler: async (context) => ({ status: 200, body: await verifyAudit(context.database.kysely) }),
})
