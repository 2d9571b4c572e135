import assert from 'node:assert/strict'
import { test } from 'node:test'
import { collectFrom, replay } from '../testing.ts'
import { family } from './family.ts'

test('every asset that is read so far is of the family unix', async () => {
  assert.deepEqual(await collectFrom(replay(import.meta, 'debian-12'), family, []), {
    flag: undefined,
    messages: undefined,
    items: [{ family: 'unix' }],
  })
})
