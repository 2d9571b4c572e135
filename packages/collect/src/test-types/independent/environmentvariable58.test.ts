import assert from 'node:assert/strict'
import { test } from 'node:test'
import { collectFrom, denied, entity, pattern, replay } from '../testing.ts'
import { environmentvariable58 } from './environmentvariable58.ts'

const pid = (value: string) => entity('pid', value, { datatype: 'int' })

test('the variables of the process that is asked for', async () => {
  const session = replay(import.meta, 'debian-12')
  const { items } = await collectFrom(session, environmentvariable58, [pid('32'), pattern('name', '^(LANG|READ_ENV)$')])
  assert.deepEqual(items, [
    { pid: '32', name: 'LANG', value: 'C.UTF-8' },
    { pid: '32', name: 'READ_ENV', value: 'yes' },
  ])
})

test('without a process number, the variables of the process that collects, whose number would change every time', async () => {
  const session = replay(import.meta, 'debian-12')
  const own = entity('pid', '', { datatype: 'int', nil: true })
  const { items } = await collectFrom(session, environmentvariable58, [own, entity('name', 'LANG')])
  assert.deepEqual(items, [{ name: 'LANG', value: 'C.UTF-8' }])
})

test('a process that does not exist has no variables', async () => {
  const session = replay(import.meta, 'debian-12')
  assert.deepEqual((await collectFrom(session, environmentvariable58, [pid('99999'), pattern('name', '.*')])).items, [])
})

test('a process that may not be looked into is an item with an error', async () => {
  const session = replay(import.meta, 'debian-12', {
    files: { '/proc/1/environ': denied('/proc/1/environ') },
    lists: { '/proc/1': [] },
    statuses: { '/proc/1': directory },
  })
  const { items } = await collectFrom(session, environmentvariable58, [pid('1'), pattern('name', '.*')])
  assert.deepEqual(items, [{ status: 'error', message: [denied('/proc/1/environ').message], pid: '1' }])
})

const directory = {
  kind: 'directory',
  mode: 0o555,
  userId: 0,
  groupId: 0,
  size: '0',
  accessed: '0',
  modified: '0',
  changed: '0',
  device: '1',
  inode: '1',
} as const
