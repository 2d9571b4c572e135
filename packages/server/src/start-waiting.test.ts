import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { createLog } from './log.ts'
import { readConfig } from './config.ts'
import { DatabaseError } from './db/database-error.ts'
import { openDatabase } from './db/database.ts'
import { whenDatabaseIsThere } from './db/starting-database.ts'
import { createTestServer, withoutTestServer } from './db/testing-server.ts'
import { startServer, startWorker } from './start.ts'

const skip = withoutTestServer()

test('a server and a worker wait for a database that is not there, and then recovers', { skip }, async (t) => {
  const database = await createTestServer()
  t.after(() => database.close())
  const data = mkdtempSync(join(tmpdir(), 'plumbline-start-'))
  t.after(() => rmSync(data, { recursive: true }))
  const config = readConfig({ data, port: '0', databaseUrl: database.url }, { PLUMBLINE_LOG_LEVEL: 'silent' })
  let settled = 0
  const starts = [startServer(config), startWorker(config)].map((start) => start.finally(() => (settled += 1)))
  const ended = Promise.allSettled(starts)
  // Each has tried at least once, and met nobody; then at least once more, and was refused.
  await setTimeout(500)
  assert.equal(settled, 0, 'nobody listens')
  await database.startRecovering()
  await setTimeout(1500)
  assert.equal(settled, 0, 'it recovers')
  await database.recover()
  for (const one of await ended) {
    assert.equal(one.status, 'fulfilled', one.status === 'rejected' ? String(one.reason) : '')
    if (one.status === 'fulfilled') await one.value.close()
  }
})

test('the wait for a database ends, and says for what', { skip }, async (t) => {
  const database = await createTestServer()
  t.after(() => database.close())
  const { log, lines } = listeningLog()
  let tries = 0
  const open = () => {
    tries += 1
    return openDatabase({ url: database.url })
  }
  await assert.rejects(whenDatabaseIsThere(open, 2, log), (error) => {
    assert.ok(error instanceof DatabaseError)
    assert.equal(error.code, 'database-unreachable')
    assert.match(
      error.message,
      /^cannot open the database: connect ECONNREFUSED .*check DATABASE_URL.* \(tried for \d+ s\)$/,
    )
    return true
  })
  assert.ok(tries > 1)
  assert.deepEqual(lines, ['the database is not there yet; waiting for it'], 'once, not at each try')
})

test('nobody waits for a database that will not be there', { skip }, async (t) => {
  const database = await createTestServer()
  t.after(() => database.close())
  await database.start()
  const url = new URL(database.url)
  url.pathname = '/missing'
  const { log, lines } = listeningLog()
  await assert.rejects(
    whenDatabaseIsThere(() => openDatabase({ url: url.href }), 60, log),
    /database "missing" does not exist/,
  )
  assert.deepEqual(lines, [])
})

function listeningLog() {
  const lines: unknown[] = []
  const log = createLog('silent')
  log.warn = (_: unknown, text?: unknown) => void lines.push(text)
  return { log, lines }
}
