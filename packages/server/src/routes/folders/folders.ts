import { Type } from 'typebox'
import { rootFolders } from '../../api/tasks.ts'
import { reaches } from '../../auth/caller.ts'
import { defineOperation } from '../../context.ts'
import { recordAudit } from '../../store/audit.ts'
import { ensureFolder, findFolder, listFolders } from '../../store/folders.ts'
import { ownBody } from '../own-body.ts'
import { refuse } from '../search-parameters.ts'

/** The folders on which the caller has a permission. */
export const listFoldersOperation = defineOperation({
  method: 'GET',
  path: '/api/v1/folders',
  summary: 'List folders',
  access: { tasks: ['View assets'] },
  replies: {
    200: Type.Object({ folders: Type.Array(Type.Object({ path: Type.String(), predefined: Type.Boolean() })) }),
  },
  async handler(context, { caller }) {
    const folders = (await listFolders(context.database.kysely)).filter(({ path }) => reaches(caller, path))
    return { status: 200, body: { folders: folders.map(({ path, predefined }) => ({ path, predefined })) } }
  },
})

// Blanks round a name are lost wherever the path is written.
const name = String.raw`(?!\s)[^\u0000-\u001f\\/]{1,100}(?<!\s)`
const body = Type.Object({
  path: Type.String({ maxLength: 400, pattern: String.raw`^${name}(?:\\${name}){1,8}$` }),
})

/** Below a folder that exists and that the caller may use. */
export const addFolderOperation = defineOperation({
  method: 'POST',
  path: '/api/v1/folders',
  summary: 'Add a folder for assets or standards',
  access: { tasks: ['Manage assets and asset groups'], anyBelow: 'Asset System' },
  body,
  replies: { 201: Type.Object({ path: Type.String() }) },
  async handler(context, { caller, body: sent }) {
    const { path } = ownBody(body, sent)
    await context.database.kysely.transaction().execute(async (tx) => {
      const above = await findFolder(tx, path.slice(0, path.lastIndexOf('\\')))
      if (above === undefined || !reaches(caller, above.path)) {
        throw refuse('path', path, `a path below a folder that you may use, such as ${rootFolders[0]}\\Web servers`)
      }
      if ((await findFolder(tx, path)) !== undefined) throw refuse('path', path, 'a path that does not exist yet')
      await ensureFolder(tx, path, false)
      await recordAudit(tx, { actor: caller.name, action: 'folder.add', target: path, outcome: 'done' })
    })
    return { status: 201, body: { path } }
  },
})
