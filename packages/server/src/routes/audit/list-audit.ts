import { Type } from 'typebox'
import { defineOperation } from '../../context.ts'
import { listAudit } from '../../store/audit.ts'
import { readNumber } from '../search-parameters.ts'

export const listAuditOperation = defineOperation({
  method: 'GET',
  path: '/api/v1/audit',
  summary: 'The latest records of the audit trail',
  access: { tasks: ['View Audit'] },
  query: { count: { description: '1 to 1000; 50 without it' } },
  replies: { 200: Type.Object({ records: Type.Array(Type.Object({}, { additionalProperties: true })) }) },
  handler: async (context, { query }) => ({
    status: 200,
    body: { records: await listAudit(context.database.kysely, readNumber(query, 'count', 50, 1, 1000)) },
  }),
})
