import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { recipientsOf } from './run-mail.ts'
import { sendMail } from './send-mail.ts'
import type { MailServer } from './send-mail.ts'
import { composeTestWebhook } from './run-webhook.ts'
import { sendWebhook } from './send-webhook.ts'
import type { Webhook } from './send-webhook.ts'

export interface Trial {
  readonly by: string
  readonly mail: { readonly to: string; readonly from: string | undefined } | undefined
  readonly webhook: boolean
}

export interface TrialResult {
  readonly channel: 'mail' | 'webhook'
  readonly ok: boolean
  /** What the other side said, or why it could not be asked. */
  readonly text: string
}

/** Sends a message as an ended run would, at once and once, so that an operator sees whether the settings are right. */
export type TryNotification = (trial: Trial) => Promise<readonly TrialResult[]>

export function notificationTrial(settings: MailServer & Webhook): TryNotification {
  return async ({ by, mail, webhook }) => {
    const results: TrialResult[] = []
    const attempt = async (channel: TrialResult['channel'], act: () => Promise<string>): Promise<void> => {
      try {
        results.push({ channel, ok: true, text: await act() })
      } catch (error) {
        results.push({ channel, ok: false, text: error instanceof Error ? error.message : String(error) })
      }
    }
    const id = `test_${randomUUID()}`
    if (mail !== undefined) await attempt('mail', () => tryMail(settings, id, by, mail))
    if (webhook) {
      await attempt('webhook', async () => {
        await sendWebhook(settings, id, composeTestWebhook(by, new Date().toISOString()))
        return `the webhook took the call ${id}`
      })
    }
    return results
  }
}

async function tryMail(
  settings: MailServer,
  id: string,
  by: string,
  { to, from }: NonNullable<Trial['mail']>,
): Promise<string> {
  const text = `This mail was sent because ${by} asked Plumbline to try its mail settings. They work.`
  const refused = await sendMail(settings, `<${id}@${hostname()}>`, {
    from: from ?? settings.mailFrom ?? `plumbline@${hostname()}`,
    to: recipientsOf(to),
    subject: 'Plumbline: a test of the mail settings',
    text: `${text}\n`,
    html: `<p>${text.replace(/[&<>"']/g, (one) => `&#${one.charCodeAt(0)};`)}</p>\n`,
  })
  const not = refused.map(({ address, reason }) => `; not for ${address} (${reason})`).join('')
  return `the mail server took the mail${not}`
}
