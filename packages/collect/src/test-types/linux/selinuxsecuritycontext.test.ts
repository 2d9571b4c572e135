import assert from 'node:assert/strict'
import { test } from 'node:test'
import { collectFrom, denied, entity, replay } from '../testing.ts'
import { selinuxsecuritycontext } from './selinuxsecuritycontext.ts'

const pid = (value: string) => [entity('pid', value, { datatype: 'int' })]

test('a file’s context', async () => {
  const session = replay(import.meta, 'rhel-9')
  const { items } = await collectFrom(session, selinuxsecuritycontext, [entity('filepath', '/etc/shadow')])
  assert.deepEqual(items, [
    {
      filepath: '/etc/shadow',
      path: '/etc',
      filename: 'shadow',
      user: 'system_u',
      role: 'object_r',
      type: 'shadow_t',
      low_sensitivity: 's0',
      rawlow_sensitivity: 's0',
    },
  ])
})

test('a process’s context with its range and categories', async () => {
  const { items } = await collectFrom(replay(import.meta, 'rhel-9'), selinuxsecuritycontext, pid('80'))
  assert.deepEqual(items, [
    {
      pid: '80',
      user: 'unconfined_u',
      role: 'unconfined_r',
      type: 'unconfined_t',
      low_sensitivity: 's0',
      high_sensitivity: 's0',
      high_category: 'c0.c1023',
    },
  ])
})

test('a file whose context cannot be read is an item with an error', async () => {
  const session = replay(import.meta, 'rhel-9')
  const { items } = await collectFrom(session, selinuxsecuritycontext, [entity('filepath', '/etc/odd')])
  assert.deepEqual(items, [
    {
      status: 'error',
      message: ['the security context of /etc/odd cannot be read'],
      filepath: '/etc/odd',
      path: '/etc',
      filename: 'odd',
    },
  ])
})

test('without SELinux it applies neither to processes nor to files without labels', async () => {
  const expected = { flag: 'not applicable', messages: ['SELinux is not enabled on web-1'], items: [] }
  const session = replay(import.meta, 'debian-12')
  assert.deepEqual(await collectFrom(session, selinuxsecuritycontext, pid('1')), expected)
  assert.deepEqual(await collectFrom(session, selinuxsecuritycontext, [entity('filepath', '/etc/passwd')]), expected)
})

test('no such process; one that cannot be looked into is an error', async () => {
  const session = replay(import.meta, 'rhel-9')
  assert.deepEqual((await collectFrom(session, selinuxsecuritycontext, pid('81'))).items, [])
  const path = '/proc/80/attr/current'
  const unreadable = replay(import.meta, 'rhel-9', {
    files: { [path]: denied(path) },
    statuses: { '/proc/80': directory },
  })
  await assert.rejects(collectFrom(unreadable, selinuxsecuritycontext, pid('80')), { code: 'permission-denied' })
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
