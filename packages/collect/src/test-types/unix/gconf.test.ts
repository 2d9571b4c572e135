import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openRecordedSession } from '../../transports/recorded.ts'
import { collectFrom, entity } from '../testing.ts'
import { gconf } from './gconf.ts'

test('GConf is not asked', async () => {
  const session = openRecordedSession({ asset: 'web-1', origin: 'nothing is asked', canRun: true })
  assert.deepEqual(await collectFrom(session, gconf, [entity('key', '/apps/x')]), {
    flag: 'not collected',
    messages: ['GConf settings on web-1 are not supported'],
    items: [],
  })
})
