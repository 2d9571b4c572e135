import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import type { OutgoingHttpHeaders } from 'node:http'
import { get as httpsGet } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { sql } from 'kysely'
import { pino } from 'pino'
import { readConfig } from './config.ts'
import { openDatabase } from './db/database.ts'
import type { Database } from './db/database.ts'
import { withServerDatabase } from './db/testing.ts'
import { createQueue } from './jobs/queue.ts'
import { hasEnded } from './jobs/states.ts'
import { startServer, startWorker } from './start.ts'
import { findRun, runMessages } from './store/runs.ts'
import { startMailServer } from './tasks/testing-mail-server.ts'
import { startWebhookReceiver } from './tasks/testing-webhook.ts'
import { until } from './tasks/testing.ts'

const postgres = process.env['TEST_DATABASE_URL']
const skip =
  postgres === undefined && process.env['CI'] !== 'true' ? 'TEST_DATABASE_URL names no PostgreSQL server' : false

const notification = {
  toEmailAddress: 'ops@example.org',
  fromEmailAddress: 'ccs@example.org',
  subject: 'Nightly',
  body: 'The run has ended.',
}

/** Asks for a run of the job that every first start makes, with a mail at its end. */
async function requestRun(database: Database): Promise<string> {
  const { kysely: db } = database
  const wish = { shouldSendSuccessNotification: true, successNotification: notification }
  const { rows } = await sql<{ id: string }>`
    update jobs set definition = definition || ${JSON.stringify(wish)}::jsonb
    where category = 'User-defined' returning id`.execute(db)
  const [job] = rows
  assert.ok(job !== undefined)
  const queue = await createQueue(database, pino({ level: 'silent' }))
  try {
    const made = await db
      .transaction()
      .execute((tx) => queue.requestRun(tx, job, { trigger: 'request', requestedBy: 'admin' }))
    assert.ok('runId' in made)
    return made.runId
  } finally {
    await queue.stop(0)
  }
}

const endOf = (database: Database, runId: string) =>
  until(
    'the end of the run',
    async () => {
      const run = await findRun(database.kysely, runId)
      return run !== undefined && hasEnded(run.status) ? run : undefined
    },
    60_000,
  )

/** Servers and workers, on two databases of their own; closed before these are dropped. */
async function withDatabases(
  use: (by: {
    readonly databaseUrl: string
    readonly reportingUrl: string
    readonly data: string
    readonly database: Database
    readonly atEnd: (close: () => unknown) => void
  }) => Promise<void>,
): Promise<void> {
  await withServerDatabase(postgres, (databaseUrl) =>
    withServerDatabase(postgres, async (reportingUrl) => {
      const closing: (() => unknown)[] = []
      const data = mkdtempSync(join(tmpdir(), 'plumbline-worker-'))
      const database = await openDatabase({ url: databaseUrl, maxConnections: 2 })
      try {
        await use({ databaseUrl, reportingUrl, data, database, atEnd: (close) => closing.push(close) })
      } finally {
        for (const close of closing.toReversed()) await close()
        await database.close()
        rmSync(data, { recursive: true })
      }
    }),
  )
}

const quiet = { PLUMBLINE_LOG_LEVEL: 'silent', PLUMBLINE_TIME_ZONE: 'Etc/UTC' }

test('what a worker without any such settings owes at the end of a run, the server does', { skip }, () =>
  withDatabases(async ({ databaseUrl, reportingUrl, data, database, atEnd }) => {
    const mails = await startMailServer()
    atEnd(() => mails.close())
    const receiver = await startWebhookReceiver()
    atEnd(() => receiver.close())
    const serving = readConfig(
      { data, port: '0', databaseUrl },
      {
        ...quiet,
        PLUMBLINE_TIME_ZONE: 'Asia/Tokyo',
        PLUMBLINE_PUBLIC_URL: 'https://plumbline.example.org',
        PLUMBLINE_SMTP_URL: mails.url,
        PLUMBLINE_WEBHOOK_URL: receiver.webhook.webhookUrl,
        PLUMBLINE_WEBHOOK_SECRET: receiver.webhook.webhookSecret,
        REPORTING_DATABASE_URL: reportingUrl,
      },
    )
    const server = await startServer(serving)
    const first = await endOf(database, server.firstStart.runId ?? '')
    await until('the call about it', () => receiver.received[0])
    await server.close()
    const worker = await startWorker(readConfig({ data, databaseUrl }, quiet))
    atEnd(() => worker.close())
    const runId = await requestRun(database)
    const run = await endOf(database, runId)
    assert.equal(run.status, 'Completed')
    assert.deepEqual(await runMessages(database.kysely, [runId]), [], 'nothing is said to be not configured')
    assert.deepEqual(mails.received, [])

    const again = await startServer(serving)
    atEnd(() => again.close())
    const mail = await until('the mail', () => mails.received[0])
    assert.ok(mail.text.includes(`<${runId}.success@plumbline.example.org>`), 'the id that every process would give it')
    const text = mail.text.replaceAll('=\r\n', '')
    assert.ok(text.includes(`https://plumbline.example.org/api/v1/runs/${runId}`), 'a link that people can follow')
    assert.match(text, /^Ended .* \+09:00/m)
    await until('the call', () => receiver.received[1])
    assert.deepEqual(
      receiver.received.map(({ id }) => id),
      [first.id, runId].map((id) => `run_${id}`),
    )
    await until('the results to be in the reporting database', async () => {
      const { rows } = await sql`select from job_runs where id = ${runId} and synchronised_at is not null`.execute(
        database.kysely,
      )
      return rows[0]
    })
  }),
)

test('a worker whose server has none says that nothing is configured', { skip }, () =>
  withDatabases(async ({ databaseUrl, data, database, atEnd }) => {
    const server = await startServer(readConfig({ data, port: '0', databaseUrl }, quiet))
    await endOf(database, server.firstStart.runId ?? '')
    await server.close()
    const worker = await startWorker(readConfig({ data, databaseUrl }, quiet))
    atEnd(() => worker.close())
    const runId = await requestRun(database)
    await endOf(database, runId)
    assert.deepEqual(
      (await runMessages(database.kysely, [runId])).map(({ text }) => text),
      [
        'The results were not brought to the reporting database, because none is configured; reports show what they had. Set REPORTING_DATABASE_URL.',
        'The notification was not sent, because no mail server is configured. Set PLUMBLINE_SMTP_URL.',
      ],
    )
  }),
)

test('a worker listens nowhere unless it is told a port, and there tells only how it is', { skip }, () =>
  withDatabases(async ({ databaseUrl, data, atEnd }) => {
    const settings = { data, databaseUrl }
    const silent = await startWorker(readConfig(settings, quiet))
    assert.equal(silent.url, undefined)
    await silent.close()

    const metricsToken = 'a-token-for-Prometheus'
    const environment = { ...quiet, PLUMBLINE_METRICS_TOKEN: metricsToken }
    const worker = await startWorker(readConfig({ ...settings, workerPort: '0' }, environment))
    atEnd(() => worker.close())
    assert.match(worker.url ?? '', /^https:\/\/127\.0\.0\.1:\d+$/)
    const ask = (path: string, headers = {}) => get(`${worker.url}${path}`, headers)
    for (const path of ['/healthz', '/readyz']) {
      assert.deepEqual(await ask(path), { status: 200, text: '{"status":"ok"}' })
    }
    assert.equal((await ask('/metrics')).status, 401)
    assert.equal((await ask('/metrics', { authorization: 'Bearer another' })).status, 401)
    const figures = await ask('/metrics', { authorization: `Bearer ${metricsToken}` })
    assert.equal(figures.status, 200)
    assert.match(figures.text, /^process_resident_memory_bytes \d+$/m)
    assert.match(
      figures.text,
      /^plumbline_http_request_seconds_count\{method="GET",route="\/healthz",status="200"\} 1$/m,
    )
    assert.equal((await ask('/ccs/api/v1/jobs')).status, 404)

    const taken = readConfig({ ...settings, workerPort: new URL(worker.url ?? '').port }, environment)
    await assert.rejects(startWorker(taken), { code: 'EADDRINUSE' })
  }),
)

function get(url: string, headers: OutgoingHttpHeaders): Promise<{ readonly status: number; readonly text: string }> {
  return new Promise((resolve, reject) => {
    // The certificate is its own.
    const request = httpsGet(url, { headers, rejectUnauthorized: false, agent: false }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') }),
      )
    })
    request.on('error', reject)
  })
}
