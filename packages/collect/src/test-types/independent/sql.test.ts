import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openRecordedSession } from '../../transports/recorded.ts'
import { collectFrom, entity } from '../testing.ts'
import { sql } from './sql.ts'

test('a database is not asked, and the secrets of the connection are told to nobody', async () => {
  const session = openRecordedSession({ asset: 'web-1', origin: 'nothing is asked', canRun: true })
  const collected = await collectFrom(session, sql, [
    entity('engine', 'mysql'),
    entity('version', '8'),
    entity('connection_string', 'server=db;password=secret'),
    entity('sql', 'select 1'),
  ])
  assert.deepEqual(collected, {
    flag: 'not collected',
    messages: ['queries of mysql databases on web-1 are not supported'],
    items: [],
  })
})
