import { createHmac } from 'node:crypto'

export interface Webhook {
  readonly webhookUrl: string | undefined
  readonly webhookSecret: string | undefined
}

/** Kept as text, so that every try sends the same bytes. */
export interface WebhookMessage {
  readonly body: string
}

/**
 * Posts a message, signed as the Standard Webhooks specification says, so that a receiver can use any of its libraries.
 * Anything but a 2xx throws: a redirect is not followed, because the signature is meant for the address that was set. The
 * address may hold a secret, so that messages name its host only.
 */
export async function sendWebhook(
  { webhookUrl, webhookSecret }: Webhook,
  id: string,
  { body }: WebhookMessage,
  { now = new Date(), limitMs = 15_000 }: { readonly now?: Date; readonly limitMs?: number } = {},
): Promise<void> {
  if (webhookUrl === undefined || webhookSecret === undefined) {
    throw new Error('no webhook is configured; set PLUMBLINE_WEBHOOK_URL and PLUMBLINE_WEBHOOK_SECRET')
  }
  const { host } = new URL(webhookUrl)
  const timestamp = String(Math.floor(now.getTime() / 1000))
  const status = await post(webhookUrl, host, {
    method: 'POST',
    redirect: 'manual',
    signal: AbortSignal.timeout(limitMs),
    headers: {
      'content-type': 'application/json',
      'user-agent': 'Plumbline',
      'webhook-id': id,
      'webhook-timestamp': timestamp,
      'webhook-signature': `v1,${signature(webhookSecret, `${id}.${timestamp}.${body}`)}`,
    },
    body,
  })
  if (status < 200 || status > 299) {
    const redirected = status >= 300 && status < 400 ? ', a redirect, which is not followed' : ''
    throw new Error(`${host} answered ${status}${redirected}`)
  }
}

/** Base64 of the HMAC with SHA-256; a secret that begins with `whsec_` is Base64, any other its own bytes. */
export function signature(secret: string, content: string): string {
  const key = secret.startsWith('whsec_') ? Buffer.from(secret.slice('whsec_'.length), 'base64') : Buffer.from(secret)
  return createHmac('sha256', key).update(content).digest('base64')
}

async function post(url: string, host: string, request: RequestInit): Promise<number> {
  try {
    const { status, body } = await fetch(url, request)
    // What the receiver says beyond its status is not read.
    await body?.cancel()
    return status
  } catch (error) {
    throw new Error(`${host} did not answer: ${whyOf(error)}`, { cause: error })
  }
}

/** `fetch` says only that it failed; the reason is below. */
function whyOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (error.name === 'TimeoutError') return 'it took too long'
  return error.cause instanceof Error && error.cause.message !== '' ? error.cause.message : error.message
}
