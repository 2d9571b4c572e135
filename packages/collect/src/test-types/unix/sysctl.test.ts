import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Recording } from '../../transports/recorded.ts'
import { collectFrom, denied, entity, pattern, replay } from '../testing.ts'
import { sysctl } from './sysctl.ts'

const named = (name: string) => [entity('name', name)]

test('a parameter has its value without the end of the line', async () => {
  const session = replay(import.meta, 'debian-12')
  const each = [
    await collectFrom(session, sysctl, named('kernel.randomize_va_space')),
    await collectFrom(session, sysctl, named('net.ipv4.tcp_rmem')),
  ]
  assert.deepEqual(
    each.flatMap(({ items }) => items),
    [
      { name: 'kernel.randomize_va_space', value: '2' },
      { name: 'net.ipv4.tcp_rmem', value: '4096\t131072\t33554432' },
    ],
  )
})

test('the kernel has no such parameter', async () => {
  const session = replay(import.meta, 'debian-12', { statuses: { '/proc/sys/kernel/nope': null } })
  assert.deepEqual((await collectFrom(session, sysctl, named('kernel.nope'))).items, [])
})

const file = (mode: number) =>
  ({
    kind: 'regular',
    mode,
    userId: 0,
    groupId: 0,
    size: '0',
    accessed: '0',
    modified: '0',
    changed: '0',
    device: '1',
    inode: '1',
  }) as const

const values: Pick<Recording, 'files' | 'lists' | 'statuses'> = {
  lists: {
    '/proc/sys/': [
      { name: 'kernel', kind: 'directory' },
      { name: 'net', kind: 'directory' },
    ],
    '/proc/sys/kernel/': [
      { name: 'lines', kind: 'regular' },
      { name: 'empty', kind: 'regular' },
      { name: 'write_only', kind: 'regular' },
      { name: 'secret', kind: 'regular' },
    ],
    '/proc/sys/net/': [{ name: 'ipv4', kind: 'directory' }],
    '/proc/sys/net/ipv4/': [{ name: 'conf', kind: 'directory' }],
    '/proc/sys/net/ipv4/conf/': [{ name: 'eth0.7', kind: 'directory' }],
    '/proc/sys/net/ipv4/conf/eth0.7/': [{ name: 'rp_filter', kind: 'regular' }],
  },
  statuses: {
    '/proc/sys/kernel/lines': file(0o644),
    '/proc/sys/kernel/empty': file(0o644),
    '/proc/sys/kernel/write_only': file(0o200),
    '/proc/sys/kernel/secret': file(0o600),
    '/proc/sys/net/ipv4/conf/eth0.7/rp_filter': file(0o644),
    '/proc/sys/net/ipv4/conf/eth0/7/rp_filter': null,
  },
  files: {
    '/proc/sys/kernel/lines': { text: ['one', 'two\u0001three', ''] },
    '/proc/sys/kernel/empty': { text: [''] },
    '/proc/sys/kernel/secret': denied('/proc/sys/kernel/secret'),
    '/proc/sys/net/ipv4/conf/eth0.7/rp_filter': { text: ['1', ''] },
  },
}

test('a pattern goes through all parameters: several lines are several values, what has none is none, what cannot be read is an error', async () => {
  const session = replay(import.meta, 'debian-12', values)
  const { items } = await collectFrom(session, sysctl, [pattern('name', '.*')])
  assert.deepEqual(items, [
    { name: 'kernel.lines', value: ['one', 'two', 'three'] },
    { status: 'error', message: [denied('/proc/sys/kernel/secret').message], name: 'kernel.secret' },
    { name: 'net.ipv4.conf.eth0.7.rp_filter', value: '1' },
  ])
})

test('an interface with a dot in its name is found by either way of writing it', async () => {
  const session = replay(import.meta, 'debian-12', values)
  const dotted = await collectFrom(session, sysctl, named('net.ipv4.conf.eth0.7.rp_filter'))
  const slashed = await collectFrom(session, sysctl, named('net.ipv4.conf.eth0/7.rp_filter'))
  assert.deepEqual(
    [...dotted.items, ...slashed.items],
    [
      { name: 'net.ipv4.conf.eth0.7.rp_filter', value: '1' },
      { name: 'net.ipv4.conf.eth0/7.rp_filter', value: '1' },
    ],
  )
})

test('a file system that is only mounted has no kernel to ask', async () => {
  const session = replay(import.meta, 'debian-12', { canRun: false })
  await assert.rejects(collectFrom(session, sysctl, named('kernel.randomize_va_space')), {
    code: 'not-possible-offline',
  })
})
