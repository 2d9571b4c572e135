import { Type } from 'typebox'
import { refusal } from '../../api/job-details.ts'
import { defineOperation } from '../../context.ts'
import { RequestError } from '../../errors.ts'
import type { Detail } from '../../errors.ts'
import { isAddress, splitAddresses } from '../../jobs/job-rules.ts'
import { recordAudit } from '../../store/audit.ts'
import { ownBody } from '../own-body.ts'

const address = Type.String({ minLength: 1, maxLength: 1000 })
const trial = Type.Object({
  mail: Type.Optional(Type.Object({ to: address, from: Type.Optional(address) })),
  webhook: Type.Optional(Type.Boolean()),
})

/** Says what the mail server and the webhook answer, now; a run would keep what it has to tell and try again. */
export const tryNotifications = defineOperation({
  method: 'POST',
  path: '/api/v1/notifications/test',
  summary: 'Send a test mail, call the webhook, and say what came of it',
  access: { tasks: ['Manage jobs', 'View Configuration Settings'] },
  body: trial,
  replies: {
    200: Type.Object({
      ok: Type.Boolean(),
      results: Type.Array(Type.Object({ channel: Type.String(), ok: Type.Boolean(), text: Type.String() })),
    }),
    400: refusal,
    403: refusal,
  },
  async handler({ database, tryNotification }, { caller, body }) {
    const { mail, webhook = false } = ownBody(trial, body)
    if (mail === undefined && !webhook) {
      throw new RequestError('invalid-request', { message: 'Say what to try: "mail" with "to", "webhook", or both.' })
    }
    const details = mail === undefined ? [] : badAddresses(mail.to, mail.from)
    if (details.length > 0) throw new RequestError('invalid-request', { details })
    const results = await tryNotification({
      by: caller.name,
      mail: mail === undefined ? undefined : { to: mail.to, from: mail.from },
      webhook,
    })
    await recordAudit(database.kysely, {
      actor: caller.name,
      action: 'notification.test',
      target: mail?.to ?? 'webhook',
      outcome: results.every(({ ok }) => ok) ? 'done' : 'failed',
    })
    return { status: 200, body: { ok: results.every(({ ok }) => ok), results } }
  },
})

function badAddresses(to: string, from: string | undefined): Detail[] {
  const recipients = splitAddresses(to)
  const bad = (recipients.length === 0 ? [to] : recipients).filter((one) => !isAddress(one))
  const details = bad.map((value) => ({
    Member: 'mail.to',
    Value: value,
    Allowed: 'e-mail addresses, separated by ; or ,',
  }))
  if (from === undefined || isAddress(from)) return details
  return [...details, { Member: 'mail.from', Value: from, Allowed: 'one e-mail address' }]
}
