import assert from 'node:assert/strict'
import { test } from 'node:test'
import { collectFrom, denied, entity, pattern, replay } from '../testing.ts'
import { password } from './password.ts'

const anybody = pattern('username', '.*')

test('accounts are read as the C library does: missing fields are empty, lines without numbers are none', async () => {
  const { items } = await collectFrom(replay(import.meta, 'debian-12'), password, [
    pattern('username', '^(root|ada|bare|broken)$'),
  ])
  assert.deepEqual(items, [
    {
      username: 'root',
      password: 'x',
      user_id: '0',
      group_id: '0',
      gcos: 'root',
      home_dir: '/root',
      login_shell: '/bin/bash',
      last_login: '-1',
    },
    {
      username: 'ada',
      password: 'x',
      user_id: '1000',
      group_id: '1000',
      gcos: 'Ada,,,',
      home_dir: '/home/ada',
      login_shell: '/bin/bash',
      last_login: '-1',
    },
    {
      username: 'bare',
      password: 'x',
      user_id: '1001',
      group_id: '1001',
      gcos: '',
      home_dir: '',
      login_shell: '',
      last_login: '-1',
    },
  ])
})

test('the last login comes from lastlog, -1 for an account that it does not reach', async () => {
  const records = Buffer.alloc(2 * 292)
  records.writeInt32LE(1_700_000_000, 292)
  const session = replay(import.meta, 'debian-12', {
    statuses: { '/var/log/lastlog': status(records.length) },
    files: { '/var/log/lastlog': { base64: records.toString('base64') } },
  })
  const { items } = await collectFrom(session, password, [pattern('username', '^(root|daemon|bin)$')])
  assert.deepEqual(
    items.map(({ username, last_login }) => [username, last_login]),
    [
      ['root', '0'],
      ['daemon', '1700000000'],
      ['bin', '-1'],
    ],
  )
})

test('a lastlog that is too large to fetch for this, or cannot be read, leaves the accounts known', async () => {
  const large = replay(import.meta, 'debian-12', { statuses: { '/var/log/lastlog': status(292_000_000) } })
  const unreadable = replay(import.meta, 'debian-12', { statuses: { '/var/log/lastlog': denied('/var/log/lastlog') } })
  const lastLogins = async (session: typeof large) =>
    (await collectFrom(session, password, [entity('username', 'root')])).items.map(({ last_login }) => last_login)
  assert.deepEqual([await lastLogins(large), await lastLogins(unreadable)], [['(not collected)'], ['(error)']])
})

test('without a passwd there are no accounts; one that cannot be read is an error', async () => {
  const absent = replay(import.meta, 'debian-12', { files: { '/etc/passwd': null } })
  assert.deepEqual((await collectFrom(absent, password, [anybody])).items, [])
  const unreadable = replay(import.meta, 'debian-12', { files: { '/etc/passwd': denied('/etc/passwd') } })
  await assert.rejects(collectFrom(unreadable, password, [anybody]), { code: 'permission-denied' })
})

const status = (size: number) =>
  ({
    kind: 'regular',
    mode: 0o664,
    userId: 0,
    groupId: 43,
    size: String(size),
    accessed: '0',
    modified: '0',
    changed: '0',
    device: '1',
    inode: '1',
  }) as const
