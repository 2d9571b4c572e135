import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { loadCertificate } from '../certificate.ts'
import type { Certificate } from '../certificate.ts'
import { readConfig } from '../config.ts'
import { sendWebhook, signature } from './send-webhook.ts'
import { startWebhookReceiver } from './testing-webhook.ts'

type Receiver = Awaited<ReturnType<typeof startWebhookReceiver>>

async function withReceiver(use: (receiver: Receiver) => Promise<void>, certificate?: Certificate): Promise<void> {
  const receiver = await startWebhookReceiver(certificate)
  try {
    await use(receiver)
  } finally {
    await receiver.close()
  }
}

const message = { body: '{"type":"test"}' }

test('a call is signed over its id, its time and its body', () =>
  withReceiver(async ({ webhook, received }) => {
    await sendWebhook(webhook, 'run_1', message, { now: new Date('2026-03-01T00:00:00Z') })
    assert.deepEqual(received, [{ id: 'run_1', timestamp: '1772323200', body: message.body, isSigned: true }])
  }))

test('the signature is that of the Standard Webhooks specification, whose secrets are Base64', () => {
  // The key is 24 bytes of 1; the value was worked out with openssl.
  const secret = `whsec_${Buffer.alloc(24, 1).toString('base64')}`
  assert.equal(signature(secret, 'msg_1.1772323200.{}'), '6hGGqNEZSv6e5rqx10luPZ0chNxzs8BtKbZuAIBERfU=')
})

test('any answer but a 2xx is a failure, and a redirect is not followed', () =>
  withReceiver(async ({ webhook, received, state }) => {
    const { host } = new URL(webhook.webhookUrl)
    for (const status of [400, 410, 500]) {
      state.status = status
      await assert.rejects(sendWebhook(webhook, 'run_1', message), { message: `${host} answered ${status}` })
    }
    state.status = 307
    state.location = '/elsewhere'
    await assert.rejects(sendWebhook(webhook, 'run_1', message), {
      message: `${host} answered 307, a redirect, which is not followed`,
    })
    assert.equal(received.length, 4)
  }))

test('what a receiver goes on saying is not read, and one that says nothing is given up', () =>
  withReceiver(async ({ webhook, state }) => {
    state.status = 200
    state.endless = true
    await sendWebhook(webhook, 'run_1', message)
    state.silent = true
    await assert.rejects(sendWebhook(webhook, 'run_1', message, { limitMs: 300 }), /did not answer: it took too long$/)
  }))

test('a certificate that nobody vouches for ends the call before anything is sent', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-webhook-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const certificate = await loadCertificate(readConfig({ data: folder }, {}))
  await withReceiver(async ({ webhook, received }) => {
    await assert.rejects(sendWebhook(webhook, 'run_1', message), /did not answer: .*self.signed certificate/)
    assert.deepEqual(received, [])
  }, certificate)
})

test('no failure tells the secret, or the path, which may be one', () =>
  withReceiver(async (receiver) => {
    const { webhook, state } = receiver
    const failures: unknown[] = []
    state.status = 500
    await sendWebhook(webhook, 'run_1', message).catch((error: unknown) => failures.push(error))
    await receiver.close()
    await sendWebhook(webhook, 'run_1', message).catch((error: unknown) => failures.push(error))
    assert.equal(failures.length, 2)
    for (const failure of failures as Error[]) assert.doesNotMatch(`${failure.message} ${failure.stack}`, /secret/)
  }))

test('without a webhook there is a failure that says what to set', async () => {
  await assert.rejects(
    sendWebhook({ webhookUrl: undefined, webhookSecret: undefined }, 'run_1', message),
    /set PLUMBLINE_WEBHOOK_URL and PLUMBLINE_WEBHOOK_SECRET/,
  )
})
