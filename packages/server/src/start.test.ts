import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { sql } from 'kysely'
import { Client } from 'pg'
import { readConfig } from './config.ts'
import { openDatabase } from './db/database.ts'
import { withServerDatabase } from './db/testing.ts'
import { provideDatabases } from './db/testing-template.ts'
import { startServer, startWorker } from './start.ts'

const postgres = process.env['TEST_DATABASE_URL']
const skip =
  postgres === undefined && process.env['CI'] !== 'true' ? 'TEST_DATABASE_URL names no PostgreSQL server' : false

test('servers and workers that start at once on an empty database share it', { skip }, (t) =>
  withServerDatabase(postgres, async (databaseUrl) => {
    const data = mkdtempSync(join(tmpdir(), 'plumbline-start-'))
    t.after(() => rmSync(data, { recursive: true }))
    const config = readConfig({ data, port: '0', databaseUrl }, { PLUMBLINE_LOG_LEVEL: 'silent' })
    const started = await Promise.allSettled([
      startServer(config),
      startWorker(config),
      startServer(config),
      startWorker(config),
    ])
    const processes = started.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
    try {
      assert.deepEqual(
        started.flatMap((one) => (one.status === 'rejected' ? [String(one.reason)] : [])),
        [],
      )
      const runs = processes.flatMap((one) => ('firstStart' in one ? [one.firstStart.runId] : []))
      assert.equal(runs.filter((id) => id !== undefined).length, 1, 'one of them makes the first run')
    } finally {
      for (const one of processes) await one.close()
    }
  }),
)

test('a worker whose queue does not start ends, and keeps no connection', { skip }, (t) =>
  withServerDatabase(postgres, async (databaseUrl) => {
    const data = mkdtempSync(join(tmpdir(), 'plumbline-start-'))
    t.after(() => rmSync(data, { recursive: true }))
    const config = (url: string) => readConfig({ data, databaseUrl: url }, { PLUMBLINE_LOG_LEVEL: 'silent' })
    const made = await startWorker(config(databaseUrl))
    await made.close()
    const owner = new Client({ connectionString: databaseUrl })
    await owner.connect()
    const role = `plumbline_${randomUUID().replaceAll('-', '')}`
    // The library of the queue starts, and then may not make the queue that is missing.
    await owner.query(`
      delete from pgboss.queue where name = 'notify';
      create role ${role} login;
      grant usage on schema public, pgboss to ${role};
      grant all on all tables in schema public, pgboss to ${role};
      revoke all on pgboss.queue from ${role};
      grant select on pgboss.queue to ${role}`)
    try {
      const url = new URL(databaseUrl)
      url.username = role
      await assert.rejects(startWorker(config(url.href)), /permission denied/)
      const open = async (): Promise<number> => {
        const found = await owner.query('select from pg_stat_activity where usename = $1', [role])
        return found.rowCount ?? 0
      }
      // The server takes a moment to see that a connection has ended.
      for (let tries = 0; tries < 50 && (await open()) > 0; tries += 1) await setTimeout(100)
      assert.equal(await open(), 0)
    } finally {
      await owner.query(`drop owned by ${role}; drop role ${role}`)
      await owner.end()
    }
  }),
)

test('a server takes up a run that has no task in the queue any more', async (t) => {
  const data = mkdtempSync(join(tmpdir(), 'plumbline-start-'))
  t.after(() => rmSync(data, { recursive: true }))
  await provideDatabases(data)
  const config = readConfig({ data, port: '0' }, { PLUMBLINE_LOG_LEVEL: 'silent' })
  await (await startServer(config)).close()
  const runId = randomUUID()
  const database = await openDatabase({ folder: join(data, 'production') })
  await sql`
    insert into job_runs (id, job_id, status, trigger, requested_by, snapshot)
    select ${runId}::uuid, id, 'Queued', 'request', 'admin', jsonb_build_object('name', name, 'type', type, 'definition', definition)
    from jobs where type = 'ReportDataSynchronizationJob'`.execute(database.kysely)
  await database.close()
  const server = await startServer(config)
  try {
    const status = async (): Promise<string | undefined> =>
      (
        await server.context.database.kysely
          .selectFrom('job_runs')
          .select('status')
          .where('id', '=', runId)
          .executeTakeFirst()
      )?.status
    for (let tries = 0; tries < 300 && (await status()) !== 'Completed'; tries += 1) await setTimeout(100)
    assert.equal(await status(), 'Completed')
  } finally {
    await server.close()
  }
})
