import assert from 'node:assert/strict'
import { test } from 'node:test'
import { collectFrom, entity, pattern, replay } from '../testing.ts'
import { interfaceTest } from './interface.ts'

test('each address of an interface is an item; an interface without any is none', async () => {
  const { items } = await collectFrom(replay(import.meta, 'debian-12'), interfaceTest, [pattern('name', '.*')])
  const lo = { name: 'lo', type: 'ARPHRD_LOOPBACK', hardware_addr: '00:00:00:00:00:00' }
  const eth0 = { name: 'eth0', type: 'ARPHRD_ETHER', hardware_addr: '02:FC:00:00:00:01' }
  assert.deepEqual(items, [
    { ...lo, inet_addr: '127.0.0.1', netmask: '255.0.0.0', flag: ['UP', 'LOOPBACK', 'RUNNING'] },
    { ...lo, inet_addr: '::1/128', flag: ['UP', 'LOOPBACK', 'RUNNING'] },
    {
      ...eth0,
      inet_addr: '192.0.2.2',
      broadcast_addr: '192.0.2.255',
      netmask: '255.255.255.0',
      flag: ['UP', 'BROADCAST', 'RUNNING', 'MULTICAST'],
    },
    { ...eth0, inet_addr: 'fd00::2/64', flag: ['UP', 'BROADCAST', 'RUNNING', 'MULTICAST'] },
    { ...eth0, inet_addr: 'fe80::fc:ff:fe00:1/64', flag: ['UP', 'BROADCAST', 'RUNNING', 'MULTICAST'] },
  ])
})

test('an address is of the datatype that it looks like', async () => {
  const { items } = await interfaceTest.collect(
    replay(import.meta, 'debian-12'),
    {
      id: 'oval:test:obj:1',
      digest: '',
      testType: 'unix/interface',
      entities: [entity('name', 'lo')],
      behaviors: {},
      filters: [],
    },
    10,
  )
  assert.deepEqual(
    items.map(({ entities }) => entities.find(({ name }) => name === 'inet_addr')?.datatype),
    ['ipv4_address', 'ipv6_address'],
  )
})

test('there is no such interface; without ip(8) that is not known', async () => {
  assert.deepEqual(
    (await collectFrom(replay(import.meta, 'debian-12'), interfaceTest, [entity('name', 'wlan0')])).items,
    [],
  )
  const missing = { error: 'command-not-found', message: 'ip is not installed on web-1' } as const
  const session = replay(import.meta, 'debian-12', { commands: { 'ip address show': missing } })
  await assert.rejects(collectFrom(session, interfaceTest, [pattern('name', '.*')]), { code: 'command-not-found' })
})
