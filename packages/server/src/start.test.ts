import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { readConfig } from './config.ts'
import { withServerDatabase } from './db/testing.ts'
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
