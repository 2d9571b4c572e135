import assert from 'node:assert/strict'
import { test } from 'node:test'
import { collectFrom, replay } from '../testing.ts'
import { uname } from './uname.ts'

test('kernel and hardware are told by uname', async () => {
  const { items } = await collectFrom(replay(import.meta, 'debian-12'), uname, [])
  assert.deepEqual(items, [
    {
      machine_class: 'x86_64',
      node_name: 'web-1',
      os_name: 'Linux',
      os_release: '6.1.0-40-amd64',
      os_version: '#1 SMP PREEMPT_DYNAMIC Debian 6.1.153-1 (2025-09-20)',
      processor_type: 'x86_64',
    },
  ])
})

test('a uname that fails is an error', async () => {
  const failed = { exitStatus: 127, stdout: [''], stderr: 'not found' }
  const session = replay(import.meta, 'debian-12', { commands: { 'uname -v': failed } })
  await assert.rejects(collectFrom(session, uname, []), { code: 'command-failed' })
})
