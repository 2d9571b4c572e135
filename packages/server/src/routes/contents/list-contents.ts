import { Type } from 'typebox'
import { defineOperation } from '../../context.ts'
import { listContents } from '../../store/contents.ts'

export const listContentsOperation = defineOperation({
  method: 'GET',
  path: '/api/v1/contents',
  summary: 'List the imported content',
  access: { tasks: ['View standards'], folders: ['Standards'] },
  replies: {
    200: Type.Object({
      contents: Type.Array(
        Type.Object({
          digest: Type.String(),
          fileName: Type.String(),
          bytes: Type.Number(),
          importedAt: Type.String(),
          standards: Type.Integer(),
        }),
      ),
    }),
  },
  handler: async (context) => ({ status: 200, body: { contents: await listContents(context.database.kysely) } }),
})
