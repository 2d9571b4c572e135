import assert from 'node:assert/strict'
import { test } from 'node:test'
import { collectFrom, denied, entity, pattern, replay } from '../testing.ts'
import { process } from './process.ts'

test('a process is found by the name of its command', async () => {
  const { items } = await collectFrom(replay(import.meta, 'debian-12'), process, [entity('command', 'cron')])
  assert.deepEqual(items, [
    {
      command: 'cron',
      exec_time: '00:00:00',
      pid: '32',
      ppid: '1',
      priority: '20',
      ruid: '0',
      scheduling_class: 'TS',
      start_time: '06:07:22',
      tty: '?',
      user_id: '0',
    },
  ])
})

test('what began on another day is told by its date, in the local time of the asset', async () => {
  const later = { exitStatus: 0, stdout: ['1795600000 -0930', ''], stderr: '' }
  const session = replay(import.meta, 'debian-12', { commands: { 'date +%s %z': later } })
  const { items } = await collectFrom(session, process, [entity('command', 'cron')])
  assert.deepEqual(
    items.map(({ start_time }) => start_time),
    ['Nov_23'],
  )
})

test('no such command runs; a /proc that cannot be read is an error', async () => {
  assert.deepEqual((await collectFrom(replay(import.meta, 'debian-12'), process, [entity('command', 'x')])).items, [])
  const session = replay(import.meta, 'debian-12', { lists: { '/proc': denied('/proc') } })
  await assert.rejects(collectFrom(session, process, [pattern('command', '.*')]), { code: 'permission-denied' })
})
