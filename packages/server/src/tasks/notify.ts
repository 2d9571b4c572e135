import { addRunMessage } from '../jobs/run-requests.ts'
import { findUnsent, markFailed, markSent } from '../store/outbox.ts'
import type { OutboxEntry } from '../store/outbox.ts'
import type { Mail } from './run-mail.ts'
import { sendMail } from './send-mail.ts'
import { sendWebhook } from './send-webhook.ts'
import type { WebhookMessage } from './send-webhook.ts'
import type { TaskContext, TaskSettings } from './task-context.ts'

const giveUpAfterHours = 24
const longestWaitSeconds = 3600

/**
 * Sends one message of the outbox, a mail or a call of the webhook. A receiver that is down is asked again after 30
 * seconds, then after twice as long and so on up to an hour, for a day. A message may be sent twice when the process dies
 * between sending and noting it; its Message-ID, or the webhook's id, is the same then.
 */
export async function notify(context: TaskContext, { outboxId }: { readonly outboxId: string }): Promise<void> {
  const { database, settings } = context
  const entry = await findUnsent(database.kysely, outboxId)
  if (entry === undefined) return
  const { runId, attempts } = entry
  let remark: string | undefined
  try {
    remark = await send(settings, entry)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    context.log.warn({ reason, outboxId, runId, attempt: attempts + 1 }, `cannot send: ${entry.kind}`)
    await putOff(context, entry, reason, waitSeconds(attempts))
    return
  }
  await database.kysely.transaction().execute(async (tx) => {
    await markSent(tx, outboxId)
    if (remark !== undefined) await addRunMessage(tx, { runId, phase: 'notification', text: remark })
  })
}

/**
 * Of a message whose tries were all lost with their workers, which says nothing of its receiver: it is tried again soon.
 * Each loss counts as a try, so that a message that no worker survives is asked for ever less, and given up like others.
 */
export async function notifyAfterLoss(
  context: TaskContext,
  { outboxId }: { readonly outboxId: string },
  reason: string,
): Promise<void> {
  const entry = await findUnsent(context.database.kysely, outboxId)
  if (entry !== undefined) await putOff(context, entry, reason, waitAfterLossSeconds(entry.attempts))
}

async function putOff(
  { database, queue }: TaskContext,
  { id: outboxId, runId, kind }: OutboxEntry,
  reason: string,
  startAfterSeconds: number,
): Promise<void> {
  const what = kind === 'webhook' ? 'The call of the webhook' : 'The notification'
  await database.kysely.transaction().execute(async (tx) => {
    if (await markFailed(tx, outboxId, reason, giveUpAfterHours)) {
      const text = `${what} could not be sent for ${giveUpAfterHours} hours and was given up: ${reason}`
      await addRunMessage(tx, { runId, phase: 'notification', text })
      return
    }
    await queue.enqueue(tx, 'notify', { outboxId }, { startAfterSeconds })
  })
}

export function waitAfterLossSeconds(attempts: number): number {
  return Math.min(5 * 2 ** attempts, longestWaitSeconds)
}

export function waitSeconds(attempts: number): number {
  return Math.min(30 * 2 ** attempts, longestWaitSeconds)
}

/** Written by run-notification.ts, in these shapes. Answers with what is to be said about it in the run. */
async function send(settings: TaskSettings, { kind, messageId, message }: OutboxEntry): Promise<string | undefined> {
  if (kind === 'webhook') {
    await sendWebhook(settings, messageId, message as WebhookMessage)
    return undefined
  }
  const refused = await sendMail(settings, messageId, message as Mail)
  if (refused.length === 0) return undefined
  const names = refused.map(({ address, reason }) => `${address} (${reason})`).join(', ')
  return `The mail server took the notification, but not for ${names}.`
}
