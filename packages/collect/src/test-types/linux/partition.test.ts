import assert from 'node:assert/strict'
import { test } from 'node:test'
import { collectFrom, denied, entity, pattern, replay } from '../testing.ts'
import { partition } from './partition.ts'

const at = (mountPoint: string) => [entity('mount_point', mountPoint)]

test('a mount has the options of both mount and file system, its space and the UUID of its device', async () => {
  const { items } = await collectFrom(replay(import.meta, 'debian-12'), partition, at('/'))
  assert.deepEqual(items, [
    {
      mount_point: '/',
      device: '/dev/vda1',
      uuid: '0b1e6f5c-52f0-4c3e-9f0e-1d2c3b4a5968',
      fs_type: 'ext4',
      mount_options: ['rw', 'relatime', 'discard', 'errors=remount-ro'],
      total_space: '5120000',
      space_used: '2000000',
      space_left: '3120000',
      space_left_for_unprivileged_users: '2850000',
      block_size: '4096',
    },
  ])
})

test('a file system that can only be read makes the mount so', async () => {
  const { items } = await collectFrom(replay(import.meta, 'debian-12'), partition, at('/boot'))
  assert.deepEqual(
    items.map(({ mount_options }) => mount_options),
    [['ro', 'nosuid', 'relatime']],
  )
})

test('of two mounts at the same place the later is seen; space that may not be looked at is an error of its own', async () => {
  const { items } = await collectFrom(replay(import.meta, 'debian-12'), partition, at('/home'))
  assert.deepEqual(items, [
    {
      mount_point: '/home',
      device: '/dev/vda2',
      uuid: '(does not exist)',
      fs_type: 'ext4',
      mount_options: ['rw', 'nodev', 'relatime'],
      total_space: '(error)',
      space_used: '(error)',
      space_left: '(error)',
      space_left_for_unprivileged_users: '(error)',
      block_size: '(error)',
    },
  ])
})

test('a remote file system is asked alone, so that its silence stops no other', async () => {
  const hung = { error: 'timed-out', message: 'stat on web-1 did not end within 120 s' } as const
  const session = replay(import.meta, 'debian-12', {
    commands: { 'stat -f -c %b %f %a %S %n -- /srv/with blank': hung },
  })
  assert.equal((await collectFrom(session, partition, at('/'))).items.length, 1)
  await assert.rejects(collectFrom(session, partition, at('/srv/with blank')), { code: 'timed-out' })
})

test('without links by UUID, nothing is known of a device’s', async () => {
  const session = replay(import.meta, 'debian-12', { lists: { '/dev/disk/by-uuid': null } })
  const { items } = await collectFrom(session, partition, [pattern('mount_point', '^/(tmp)?$')])
  assert.deepEqual(
    items.map(({ mount_point, uuid }) => [mount_point, uuid]),
    [
      ['/', '(not collected)'],
      ['/tmp', '(does not exist)'],
    ],
  )
})

test('nothing is mounted there; mounts that cannot be read are an error', async () => {
  assert.deepEqual((await collectFrom(replay(import.meta, 'debian-12'), partition, at('/var'))).items, [])
  const path = '/proc/self/mountinfo'
  const session = replay(import.meta, 'debian-12', { files: { [path]: denied(path) } })
  await assert.rejects(collectFrom(session, partition, at('/')), { code: 'permission-denied' })
})
