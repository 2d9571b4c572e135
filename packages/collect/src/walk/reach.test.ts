import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openRecordedSession } from '../transports/recorded.ts'
import { barsFor } from './reach.ts'

const mounts = [
  '22 1 8:1 / / rw - ext4 /dev/sda1 rw',
  '23 22 0:5 / /proc rw - proc proc rw',
  '24 22 8:2 / /home rw - ext4 /dev/sda2 rw',
  '25 24 0:40 / /home/shared rw - nfs4 files:/export rw',
  '26 22 0:41 / /mnt/windows rw - cifs //files/share rw',
  '27 22 0:42 / /mnt/ssh rw - fuse.sshfs me@files:/srv rw',
  '28 22 0:43 / /mnt/other rw - fuse.other files:/srv rw',
  '29 22 8:1 /srv /mnt/bound rw - ext4 /dev/sda1 rw',
]
const machine = (canRun: boolean) =>
  openRecordedSession({
    asset: 'web-1',
    origin: 'made up',
    canRun,
    files: { '/proc/self/mountinfo': { text: mounts } },
  })

test('a walk over local file systems does not enter remote ones, nor by a link', async () => {
  const { points, holds } = await barsFor(machine(true), '/', 'local')
  assert.deepEqual([...points], ['/home/shared', '/mnt/windows', '/mnt/ssh', '/mnt/other', '/proc'])
  assert.deepEqual(['/home/shared/a', '/home/shared2', '/mnt/windows', '/proc/1', '/home/a'].map(holds), [
    true,
    false,
    true,
    true,
    false,
  ])
})

test('a walk over the file system that it begins in enters no other, but what is mounted of it', async () => {
  const { points, holds } = await barsFor(machine(true), '/home', 'defined')
  assert.deepEqual(
    [points.has('/home/shared'), points.has('/home'), holds('/mnt/bound'), holds('/home/a')],
    [true, false, true, false],
  )
  const root = await barsFor(machine(true), '/', 'defined')
  assert.deepEqual(
    [root.points.has('/home'), root.points.has('/mnt/bound'), root.holds('/home/a')],
    [true, false, true],
  )
})

test('a walk enters the processes only when it begins there, and a root from outside is one file system', async () => {
  assert.deepEqual([...(await barsFor(machine(true), '/', 'all')).points], ['/proc'])
  assert.deepEqual([...(await barsFor(machine(true), '/proc/sys', 'all')).points], [])
  assert.deepEqual([...(await barsFor(machine(false), '/', 'defined')).points], ['/proc'])
})
