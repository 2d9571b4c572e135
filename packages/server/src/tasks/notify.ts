import { createTransport } from 'nodemailer'
import { addRunMessage } from '../jobs/run-requests.ts'
import { findUnsent, markFailed, markSent } from '../store/outbox.ts'
import type { Mail } from './run-mail.ts'
import type { TaskContext } from './task-context.ts'

const giveUpAfterHours = 24
const longestWaitSeconds = 3600

/**
 * Sends one mail of the outbox. A mail server that is down is asked again after 30 seconds, then after twice as long and
 * so on up to an hour, for a day. A mail may be sent twice when the process dies between sending and noting it; its
 * Message-ID is the same then.
 */
export async function notify(context: TaskContext, { outboxId }: { readonly outboxId: string }): Promise<void> {
  const { database, queue, settings } = context
  const entry = await findUnsent(database.kysely, outboxId)
  if (entry === undefined) return
  try {
    if (settings.smtpUrl === undefined) throw new Error('no mail server is configured; set PLUMBLINE_SMTP_URL')
    // Written by run-notification.ts, in this shape.
    await send(settings.smtpUrl, settings.mailFrom, entry.messageId, entry.message as Mail)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    context.log.warn({ err: error, outboxId, attempt: entry.attempts + 1 }, 'cannot send a mail')
    await database.kysely.transaction().execute(async (tx) => {
      if (await markFailed(tx, outboxId, reason, giveUpAfterHours)) {
        const text = `The notification could not be sent for ${giveUpAfterHours} hours and was given up: ${reason}`
        await addRunMessage(tx, { runId: entry.runId, phase: 'notification', text })
        return
      }
      await queue.enqueue(tx, 'notify', { outboxId }, { startAfterSeconds: waitSeconds(entry.attempts) })
    })
    return
  }
  await markSent(database.kysely, outboxId)
}

export function waitSeconds(attempts: number): number {
  return Math.min(30 * 2 ** attempts, longestWaitSeconds)
}

async function send(smtpUrl: string, sender: string | undefined, messageId: string, mail: Mail): Promise<void> {
  const transport = createTransport({
    url: smtpUrl,
    connectionTimeout: 15_000,
    greetingTimeout: 15_000,
    socketTimeout: 60_000,
    // A job's words are never read as the name of a file or an address to fetch.
    disableFileAccess: true,
    disableUrlAccess: true,
  })
  try {
    await transport.sendMail({
      messageId,
      from: mail.from,
      to: [...mail.to],
      subject: mail.subject,
      text: mail.text,
      html: mail.html,
      ...(sender === undefined ? {} : { sender, envelope: { from: sender, to: [...mail.to] } }),
      headers: { 'Auto-Submitted': 'auto-generated' },
    })
  } finally {
    transport.close()
  }
}
