import assert from 'node:assert/strict'
import { test } from 'node:test'
import { collectFrom, denied, entity, pattern, replay } from '../testing.ts'
import { selinuxboolean } from './selinuxboolean.ts'

test('a switch is on or off now and after the next commit', async () => {
  const { items } = await collectFrom(replay(import.meta, 'rhel-9'), selinuxboolean, [pattern('name', '.*')])
  assert.deepEqual(items, [
    { status: 'error', message: ['SELinux boolean odd holds neither 0 nor 1'], name: 'odd' },
    { name: 'polyinstantiation_enabled', current_status: 'true', pending_status: 'true' },
    { name: 'ssh_sysadm_login', current_status: 'false', pending_status: 'true' },
  ])
})

test('the policy has no such switch; a name is never a path', async () => {
  const session = replay(import.meta, 'rhel-9')
  const found = [
    await collectFrom(session, selinuxboolean, [entity('name', 'absent')]),
    await collectFrom(session, selinuxboolean, [entity('name', '../../../etc/shadow')]),
  ]
  assert.deepEqual(
    found.flatMap(({ items }) => items),
    [],
  )
})

test('without SELinux it does not apply', async () => {
  assert.deepEqual(await collectFrom(replay(import.meta, 'debian-12'), selinuxboolean, [entity('name', 'absent')]), {
    flag: 'not applicable',
    messages: ['SELinux is not enabled on web-1'],
    items: [],
  })
})

test('a switch that cannot be read is an error', async () => {
  const path = '/sys/fs/selinux/booleans/ssh_sysadm_login'
  const session = replay(import.meta, 'rhel-9', { files: { [path]: denied(path) } })
  await assert.rejects(collectFrom(session, selinuxboolean, [entity('name', 'ssh_sysadm_login')]), {
    code: 'permission-denied',
  })
})
