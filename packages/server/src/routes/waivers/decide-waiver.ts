import { Type } from 'typebox'
import { refusal } from '../../api/job-details.ts'
import type { Caller } from '../../auth/caller.ts'
import { defineOperation } from '../../context.ts'
import type { Transaction } from '../../db/database.ts'
import { RequestError } from '../../errors.ts'
import { recordAudit } from '../../store/audit.ts'
import { countUsersWithTask } from '../../store/users.ts'
import { decideWaiver } from '../../store/waivers.ts'
import type { Waiver } from '../../store/waivers.ts'
import { ownBody } from '../own-body.ts'
import { authoriseDecision, refuseMove, reread, waiverFor, waiverSchema } from './waiver-rules.ts'

const body = Type.Object({
  decision: Type.Union([Type.Literal('approve'), Type.Literal('deny')]),
  comment: Type.Optional(Type.String({ maxLength: 4000, pattern: String.raw`^[^\u0000]*$` })),
})

/** It exempts on the assets on which the one who approves has a permission at that moment, and on no others. */
export const decideWaiverOperation = defineOperation({
  method: 'POST',
  path: '/api/v1/waivers/:id/decision',
  summary: 'Approve or deny a waiver that somebody else has requested',
  access: { tasks: ['Manage Exceptions'], anyBelow: 'Asset System' },
  body,
  replies: { 200: waiverSchema, 400: refusal, 403: refusal, 404: refusal },
  async handler({ database }, { caller, params, body: bytes }) {
    const { decision, comment = '' } = ownBody(body, bytes)
    const { kysely: db } = database
    const waiver = await waiverFor(db, caller, params['id'])
    authoriseDecision(caller, waiver)
    await db.transaction().execute(async (tx) => {
      if (decision === 'approve') await checkFourEyes(tx, caller, waiver)
      const state = decision === 'approve' ? 'Approved' : 'Denied'
      if (!(await decideWaiver(tx, waiver.id, { state, by: caller.name, comment, reach: caller.folders }))) {
        throw refuseMove(waiver, decision === 'approve' ? 'approved' : 'denied')
      }
      const detail = { rule: waiver.ruleId, requestedBy: waiver.requestedBy, comment }
      const action = `waiver.${decision}`
      await recordAudit(tx, { actor: caller.name, action, target: waiver.id, outcome: 'done', detail })
    })
    return { status: 200, body: await reread(db, waiver.id) }
  },
})

/** Where there is one administrator nobody else could ever approve. */
async function checkFourEyes(tx: Transaction, caller: Caller, { requestedBy }: Waiver): Promise<void> {
  if (requestedBy.toLowerCase() !== caller.name.toLowerCase()) return
  if ((await countUsersWithTask(tx, 'Manage Exceptions')) <= 1) return
  throw new RequestError('invalid-request', {
    message: 'Somebody else has to approve what you requested yourself.',
  })
}
