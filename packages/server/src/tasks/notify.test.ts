import assert from 'node:assert/strict'
import { it } from 'node:test'
import { sql } from 'kysely'
import { pino } from 'pino'
import type { Database } from '../db/database.ts'
import { describeOnBothDatabases } from '../db/testing.ts'
import { createGraces } from '../jobs/graces.ts'
import { createQueue } from '../jobs/queue.ts'
import { createRunWatch } from '../jobs/run-watch.ts'
import { addToOutbox, outboxTrouble } from '../store/outbox.ts'
import { addEndedRun, addJob } from '../store/testing.ts'
import { buryTask } from './dead-task.ts'
import { notify, waitSeconds } from './notify.ts'
import { composeMail } from './run-mail.ts'
import type { Mail } from './run-mail.ts'
import type { TaskContext } from './task-context.ts'
import { startMailServer } from './testing-mail-server.ts'
import type { MailServer, Received } from './testing-mail-server.ts'
import { startWebhookReceiver } from './testing-webhook.ts'

const log = pino({ level: 'silent' })

const mail: Mail = composeMail(
  {
    toEmailAddress: 'one@example.org; "Zwei, Ü" <two@example.org>',
    fromEmailAddress: 'Plumbline <ccs@example.org>',
    subject: 'Prüfung beendet\r\nBcc: three@example.org',
    body: 'See below.',
  },
  {
    runId: 'r',
    jobId: 'j',
    jobName: 'Nightly',
    status: 'Completed',
    trigger: 'schedule',
    startedAt: null,
    endedAt: '2026-01-01T00:00:00Z',
    assets: { completed: 1, failed: 0, unfinished: 0 },
    standards: [],
    changes: undefined,
    evidence: undefined,
    messages: [],
    link: 'https://ccs.example.org/api/v1/runs/r',
    timeZone: 'UTC',
  },
)

describeOnBothDatabases('notification', (withDatabase) => {
  const withOutbox = (
    use: (context: TaskContext, outboxId: string, server: MailServer, runId: string) => Promise<void>,
  ): Promise<void> =>
    withDatabase(async (database) => {
      const queue = await createQueue(database, log)
      const server = await startMailServer()
      const context: TaskContext = {
        database,
        queue,
        log,
        watch: createRunWatch(database.kysely, log),
        graces: createGraces(log),
        reporting: undefined,
        standards: { prepare: () => Promise.reject(new Error('nothing is evaluated here')) },
        openSession: () => Promise.reject(new Error('nothing is collected here')),
        settings: {
          timeZone: 'UTC',
          smtpUrl: server.url,
          mailFrom: undefined,
          webhookUrl: undefined,
          webhookSecret: undefined,
          publicUrl: 'https://ccs.example.org',
          jitterSeconds: 0,
          assetTimeoutSeconds: 60,
          retentionDays: 180,
          retentionRuns: 1000,
        },
      }
      try {
        const runId = await addEndedRun(database.kysely, await addJob(database.kysely, { name: 'Nightly' }))
        const entry = { runId, kind: 'success', messageId: `<${runId}.success@ccs.example.org>`, message: mail }
        const outboxId = await addToOutbox(database.kysely, entry)
        assert.equal(await addToOutbox(database.kysely, entry), undefined, 'a run has one mail of a kind')
        await use(context, outboxId ?? '', server, runId)
      } finally {
        await server.close()
        await queue.stop(0)
      }
    })

  it('sends a mail once, to every recipient, with nothing added to its headers', () =>
    withOutbox(async (context, outboxId, { received }) => {
      await notify(context, { outboxId })
      await notify(context, { outboxId })
      assert.equal(received.length, 1)
      const [{ from, to, text }] = received as [Received]
      assert.deepEqual({ from, to }, { from: 'ccs@example.org', to: ['one@example.org', 'two@example.org'] })
      const headers = text.slice(0, text.indexOf('\r\n\r\n'))
      assert.match(headers, /^Message-ID: <[\da-f-]{36}\.success@ccs\.example\.org>\r$/m)
      assert.match(headers, /^Subject: =\?UTF-8\?/m)
      assert.doesNotMatch(headers, /^Bcc:/im)
      assert.match(text, /multipart\/alternative/)
    }))

  it('keeps a mail that the server does not take, with the same Message-ID, and tries it again later', () =>
    withOutbox(async (context, outboxId, { received, state }) => {
      state.refuse = true
      await notify(context, { outboxId })
      const [entry] = await context.database.kysely
        .selectFrom('outbox')
        .select(['attempts', 'last_error', 'sent_at', 'message_id'])
        .execute()
      assert.match(entry?.last_error ?? '', /come back later/)
      assert.deepEqual({ attempts: entry?.attempts, sent: entry?.sent_at }, { attempts: 1, sent: null })
      assert.deepEqual(await tasksWaiting(context.database), [{ name: 'notify', seconds: 30 }])
      state.refuse = false
      await notify(context, { outboxId })
      assert.equal(received.length, 1)
      assert.ok(received[0]?.text.includes(entry?.message_id ?? '?'))
    }))

  it('comes soon when its tries were lost with their workers, and later each time', () =>
    withOutbox(async (context, outboxId) => {
      const { kysely } = context.database
      const lost = { kind: 'notify', data: { outboxId }, error: 'the server stopped' } as const
      for (const seconds of [5, 10, 20]) {
        await sql`delete from pgboss.job`.execute(kysely)
        await buryTask(context, lost)
        assert.deepEqual(await tasksWaiting(context.database), [{ name: 'notify', seconds }])
      }
      await notify(context, { outboxId })
      await sql`delete from pgboss.job`.execute(kysely)
      await buryTask(context, lost)
      assert.deepEqual(await tasksWaiting(context.database), [], 'what was sent is not sent again')
    }))

  it('says for whom the mail server would not take a mail that it took for others', () =>
    withOutbox(async (context, outboxId, { received, state }) => {
      state.refusedRecipient = 'two@example.org'
      await notify(context, { outboxId })
      assert.deepEqual((received as [Received])[0].to, ['one@example.org'])
      const messages = await context.database.kysely.selectFrom('job_run_messages').select('text').execute()
      assert.deepEqual(
        messages.map(({ text }) => text),
        ['The mail server took the notification, but not for two@example.org (550 nobody here).'],
      )
      assert.deepEqual(await tasksWaiting(context.database), [])
    }))

  it('calls the webhook until it is taken, each time with the same id and body, newly signed', () =>
    withOutbox(async (context, _, __, runId) => {
      const receiver = await startWebhookReceiver()
      try {
        const called = { ...context, settings: { ...context.settings, ...receiver.webhook } }
        const entry = { runId, kind: 'webhook', messageId: `run_${runId}`, message: { body: '{"type":"run.ended"}' } }
        const outboxId = (await addToOutbox(context.database.kysely, entry)) ?? ''
        receiver.state.status = 503
        await notify(called, { outboxId })
        assert.deepEqual(await tasksWaiting(context.database), [{ name: 'notify', seconds: 30 }])
        const trouble = await outboxTrouble(context.database.kysely)
        assert.deepEqual(trouble, {
          waiting: 1,
          givenUp: 0,
          reason: `${new URL(receiver.webhook.webhookUrl).host} answered 503`,
        })
        receiver.state.status = 204
        await notify(called, { outboxId })
        await notify(called, { outboxId })
        assert.deepEqual(
          receiver.received.map(({ id, body, isSigned }) => ({ id, body, isSigned })),
          [1, 2].map(() => ({ id: `run_${runId}`, body: '{"type":"run.ended"}', isSigned: true })),
        )
        assert.deepEqual(await outboxTrouble(context.database.kysely), { waiting: 0, givenUp: 0, reason: null })
      } finally {
        await receiver.close()
      }
    }))

  it('gives a mail up after a day, and says so in the run', () =>
    withOutbox(async (context, outboxId, { state }) => {
      state.refuse = true
      await sql`update outbox set created_at = now() - interval '25 hours'`.execute(context.database.kysely)
      await notify(context, { outboxId })
      const messages = await context.database.kysely.selectFrom('job_run_messages').select(['phase', 'text']).execute()
      assert.equal(messages.length, 1)
      assert.match(messages[0]?.text ?? '', /^The notification could not be sent for 24 hours and was given up: /)
      assert.deepEqual(await tasksWaiting(context.database), [])
    }))
})

it('waits twice as long after every try, up to an hour', () => {
  assert.deepEqual([0, 1, 2, 5, 7, 100].map(waitSeconds), [30, 60, 120, 960, 3600, 3600])
})

async function tasksWaiting({ kysely }: Database): Promise<unknown> {
  const { rows } = await sql`
    select name, round(extract(epoch from start_after - created_on))::integer as seconds
    from pgboss.job where state = 'created'`.execute(kysely)
  return rows
}
