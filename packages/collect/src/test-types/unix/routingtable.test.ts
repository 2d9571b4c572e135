import assert from 'node:assert/strict'
import { test } from 'node:test'
import { collectFrom, denied, entity, replay } from '../testing.ts'
import { routingtable } from './routingtable.ts'

const ipv4 = (value: string) => entity('destination', value, { datatype: 'ipv4_address' })
const others = (datatype: 'ipv4_address' | 'ipv6_address', value: string) =>
  entity('destination', value, { datatype, operation: 'not equal' })

test('routes of IPv4 are told with the prefix length of their destination', async () => {
  const session = replay(import.meta, 'debian-12')
  const { items } = await collectFrom(session, routingtable, [others('ipv4_address', '198.51.100.1')])
  assert.deepEqual(items, [
    { destination: '0.0.0.0/0', gateway: '192.0.2.1', flags: ['UP', 'GATEWAY'], interface_name: 'eth0' },
    { destination: '192.0.2.0/24', gateway: '0.0.0.0', flags: 'UP', interface_name: 'eth0' },
  ])
})

test('a destination is found with its prefix length, as the standard writes it, and without, as the referee does', async () => {
  const session = replay(import.meta, 'debian-12')
  const found = [
    await collectFrom(session, routingtable, [ipv4('192.0.2.0/24')]),
    await collectFrom(session, routingtable, [ipv4('192.0.2.0')]),
    await collectFrom(session, routingtable, [ipv4('203.0.113.0')]),
  ]
  assert.deepEqual(
    found.map(({ items }) => items.length),
    [1, 1, 0],
  )
})

test('routes of IPv6, the local ones among them', async () => {
  const session = replay(import.meta, 'debian-12')
  const { items } = await collectFrom(session, routingtable, [others('ipv6_address', '2001:db8::1')])
  assert.deepEqual(items.slice(0, 4), [
    { destination: 'fd00::/64', gateway: '::', flags: 'UP', interface_name: 'eth0' },
    { destination: 'fe80::/64', gateway: '::', flags: 'UP', interface_name: 'eth0' },
    { destination: '::/0', gateway: 'fd00::1', flags: ['UP', 'GATEWAY'], interface_name: 'eth0' },
    { destination: '::1/128', gateway: '::', flags: ['UP', 'LOCAL'], interface_name: 'lo' },
  ])
})

test('a kernel without IPv6 has no such routes; a table that cannot be read is an error', async () => {
  const without = replay(import.meta, 'debian-12', { files: { '/proc/net/ipv6_route': null } })
  assert.deepEqual((await collectFrom(without, routingtable, [others('ipv6_address', '::1')])).items, [])
  const unreadable = replay(import.meta, 'debian-12', { files: { '/proc/net/route': denied('/proc/net/route') } })
  await assert.rejects(collectFrom(unreadable, routingtable, [ipv4('0.0.0.0')]), { code: 'permission-denied' })
})
