import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Config } from '../../config.ts'
import { describeOnBothDatabases } from '../../db/testing.ts'
import { addToOutbox, markFailed } from '../../store/outbox.ts'
import { addEndedRun, addJob } from '../../store/testing.ts'
import { startMailServer } from '../../tasks/testing-mail-server.ts'
import { startWebhookReceiver } from '../../tasks/testing-webhook.ts'
import { startTestApi } from '../jobs/testing.ts'
import type { TestApi } from '../jobs/testing.ts'
import { doctorOperation } from '../server/doctor.ts'
import { tryNotifications } from './try-notifications.ts'

const path = '/api/v1/notifications/test'

describeOnBothDatabases('notifications', (withDatabase) => {
  const withApi = (
    settings: Partial<Config>,
    use: (api: TestApi, post: (body: unknown) => Promise<{ status: number; body: unknown }>) => Promise<void>,
  ): Promise<void> =>
    withDatabase(async (database) => {
      const api = await startTestApi(database, [tryNotifications, doctorOperation], settings)
      try {
        const token = await api.addCaller('anna', ['Manage jobs', 'View Configuration Settings'], [])
        await use(api, async (body) => {
          const reply = await api.send('POST', path, { token, body })
          return { status: reply.status, body: reply.body }
        })
      } finally {
        await api.close()
      }
    })

  test('a test sends a mail and calls the webhook, and says what they answered', async (t) => {
    const [server, receiver] = [await startMailServer(), await startWebhookReceiver()]
    t.after(() => Promise.all([server.close(), receiver.close()]))
    const settings = { smtpUrl: server.url, mailFrom: 'ccs@example.org', ...receiver.webhook }
    await withApi(settings, async (_, post) => {
      const sent = await post({ mail: { to: 'ops@example.org; "Doe, Jane" <jane@example.org>' }, webhook: true })
      const [call] = receiver.received
      assert.deepEqual(sent, {
        status: 200,
        body: {
          ok: true,
          results: [
            { channel: 'mail', ok: true, text: 'the mail server took the mail' },
            { channel: 'webhook', ok: true, text: `the webhook took the call ${call?.id}` },
          ],
        },
      })
      assert.deepEqual(
        server.received.map(({ from, to }) => ({ from, to })),
        [{ from: 'ccs@example.org', to: ['ops@example.org', 'jane@example.org'] }],
      )
      const { type, data } = JSON.parse(call?.body ?? '') as { type: string; data: unknown }
      assert.deepEqual(
        { type, data, isSigned: call?.isSigned },
        { type: 'test', data: { requestedBy: 'anna' }, isSigned: true },
      )
      receiver.state.status = 500
      assert.deepEqual(await post({ webhook: true }), {
        status: 200,
        body: {
          ok: false,
          results: [
            { channel: 'webhook', ok: false, text: `${new URL(receiver.webhook.webhookUrl).host} answered 500` },
          ],
        },
      })
    })
  })

  test('a test says what is not configured, and what is no address', () =>
    withApi({}, async (_, post) => {
      const { body } = await post({ mail: { to: 'ops@example.org' }, webhook: true })
      assert.deepEqual(
        (body as { results: { text: string }[] }).results.map(({ text }) => text),
        [
          'no mail server is configured; set PLUMBLINE_SMTP_URL',
          'no webhook is configured; set PLUMBLINE_WEBHOOK_URL and PLUMBLINE_WEBHOOK_SECRET',
        ],
      )
      assert.equal((await post({})).status, 400)
      const refused = await post({ mail: { to: 'ops@example.org\r\nBcc: evil@example.org', from: 'nobody' } })
      assert.deepEqual(refused, {
        status: 400,
        body: {
          Message: 'The request cannot be carried out as it is.',
          Details: [
            {
              Member: 'mail.to',
              Value: 'ops@example.org\r\nBcc: evil@example.org',
              Allowed: 'e-mail addresses, separated by ; or ,',
            },
            { Member: 'mail.from', Value: 'nobody', Allowed: 'one e-mail address' },
          ],
        },
      })
    }))

  test('the doctor knows of what could not be sent, and tells no secret', async () => {
    const secrets = {
      smtpUrl: 'smtp://user:hidden@mail.example.org',
      webhookUrl: 'https://hooks.example.org/hidden',
      webhookSecret: 'hidden, and more than 24 characters',
    }
    await withApi(secrets, async ({ context, ...api }) => {
      const db = context.database.kysely
      const runId = await addEndedRun(db, await addJob(db, { name: 'Nightly' }))
      const outboxId = await addToOutbox(db, { runId, kind: 'webhook', messageId: 'run_1', message: {} })
      await markFailed(db, outboxId ?? '', 'hooks.example.org answered 500', 24)
      const token = await api.addCaller('otto', ['View Configuration Settings'], [])
      const { body, text } = await api.send('GET', '/api/v1/doctor', { token })
      assert.ok(
        (body as { warnings: string[] }).warnings.includes(
          'Notifications that could not be sent yet: 1; the latest because: hooks.example.org answered 500',
        ),
      )
      assert.match(text, /PLUMBLINE_WEBHOOK_URL/)
      assert.doesNotMatch(text, /hidden/)
    })
  })
})
