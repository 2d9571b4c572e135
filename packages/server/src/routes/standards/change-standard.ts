import { Type } from 'typebox'
import { defineOperation } from '../../context.ts'
import { RequestError } from '../../errors.ts'
import { recordAudit } from '../../store/audit.ts'
import { setScripts } from '../../store/standards.ts'
import { ownBody } from '../own-body.ts'

const body = Type.Object({ allowScripts: Type.Boolean() })

/** Who may do this may have any script of the content run on the assets: administrators, not whoever manages standards. */
export const changeStandardOperation = defineOperation({
  method: 'PATCH',
  path: '/api/v1/standards/:id',
  summary: 'Let scripts (SCE) of its content run for a standard, or not; another import of it takes the leave back',
  access: { tasks: ['Manage Standards', 'Manage Users'], anyBelow: 'Standards' },
  body,
  replies: { 200: Type.Object({ id: Type.String(), title: Type.String(), allowScripts: Type.Boolean() }) },
  async handler(context, request) {
    const { allowScripts } = ownBody(body, request.body)
    const id = request.params['id'] ?? ''
    const standard = await context.database.kysely.transaction().execute(async (tx) => {
      const changed = isUuid.test(id) ? await setScripts(tx, id, allowScripts, request.caller.folders) : undefined
      if (changed === undefined) throw new RequestError('not-found', { message: `There is no standard '${id}'.` })
      await recordAudit(tx, {
        actor: request.caller.name,
        action: 'standard.change',
        target: changed.title,
        outcome: 'done',
        detail: { id, allowScripts, version: changed.version, content: changed.contentDigest },
      })
      return changed
    })
    return { status: 200, body: { id, title: standard.title, allowScripts } }
  },
})

const isUuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i
