import { refusal } from '../../api/job-details.ts'
import { defineOperation } from '../../context.ts'
import { recordAudit } from '../../store/audit.ts'
import { endWaiver } from '../../store/waivers.ts'
import { authoriseDecision, refuseMove, reread, waiverFor, waiverSchema } from './waiver-rules.ts'

/** Whoever requested a waiver may take it back; any other is ended by those who decide about waivers. */
export const endWaiverOperation = defineOperation({
  method: 'POST',
  path: '/api/v1/waivers/:id/end',
  summary: 'Withdraw a request, or end a waiver before its time',
  access: { tasks: ['Request Exceptions'], anyBelow: 'Asset System' },
  replies: { 200: waiverSchema, 400: refusal, 403: refusal, 404: refusal },
  async handler({ database }, { caller, params }) {
    const { kysely: db } = database
    const waiver = await waiverFor(db, caller, params['id'])
    if (waiver.requestedBy.toLowerCase() !== caller.name.toLowerCase()) {
      authoriseDecision(caller, waiver)
    }
    await db.transaction().execute(async (tx) => {
      if (!(await endWaiver(tx, waiver.id, caller.name))) throw refuseMove(waiver, 'ended')
      const detail = { rule: waiver.ruleId, was: waiver.state }
      await recordAudit(tx, { actor: caller.name, action: 'waiver.end', target: waiver.id, outcome: 'done', detail })
    })
    return { status: 200, body: await reread(db, waiver.id) }
  },
})
