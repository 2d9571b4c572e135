import { Type } from 'typebox'
import { defineOperation } from '../../context.ts'
import { recordAudit } from '../../store/audit.ts'
import { addContent } from '../../store/contents.ts'
import { ensureFolder } from '../../store/folders.ts'
import { compileInThread } from './compile-in-thread.ts'

const maxBodyBytes = 128 * 1024 * 1024

export const importContentOperation = defineOperation({
  method: 'POST',
  path: '/api/v1/contents',
  summary: 'Import a source data stream; the body is the file',
  access: { tasks: ['Manage Standards'], folders: ['Standards'] },
  query: { name: { description: 'the name of the file', required: true } },
  replies: {
    201: Type.Object({
      digest: Type.String(),
      standards: Type.Array(Type.String()),
      warnings: Type.Array(Type.String()),
    }),
  },
  maxBodyBytes,
  async handler(context, { caller, query, body }) {
    const name = (query.get('name') ?? 'content.xml').replace(/^.*[/\\]/, '').slice(0, 200)
    const hosts = (context.config.contentHosts ?? '')
      .split(',')
      .map((host) => host.trim().toLowerCase())
      .filter((host) => host !== '')
    const { content, warnings } = await compileInThread({ name, data: body, hosts })
    const standards = await context.database.kysely.transaction().execute(async (tx) => {
      const folderId = await ensureFolder(tx, 'Standards\\Imported', true)
      const ids = await addContent(tx, content, { folderId, predefined: false })
      await recordAudit(tx, {
        actor: caller.name,
        action: 'content.import',
        target: content.digest,
        outcome: 'done',
        detail: { file: name, standards: ids.length },
      })
      return ids
    })
    return { status: 201, body: { digest: content.digest, standards, warnings } }
  },
})
