import assert from 'node:assert/strict'
import { test } from 'node:test'
import { collectFrom, denied, entity, pattern, replay } from '../testing.ts'
import { environmentvariable } from './environmentvariable.ts'

test('the variables of the process that collects are found by name; what has no name is none', async () => {
  const session = replay(import.meta, 'debian-12')
  const { items } = await collectFrom(session, environmentvariable, [pattern('name', '^(LANG|HOME|NAMELESS|)$')])
  assert.deepEqual(items, [
    { name: 'LANG', value: 'C.UTF-8' },
    { name: 'HOME', value: '/root' },
  ])
})

test('a variable that is not set does not exist', async () => {
  const { items } = await collectFrom(replay(import.meta, 'debian-12'), environmentvariable, [entity('name', 'NOPE')])
  assert.deepEqual(items, [])
})

test('an environment that cannot be read is an error, not an empty one', async () => {
  const session = replay(import.meta, 'debian-12', { files: { '/proc/self/environ': denied('/proc/self/environ') } })
  await assert.rejects(collectFrom(session, environmentvariable, [entity('name', 'PATH')]), {
    code: 'permission-denied',
  })
})
