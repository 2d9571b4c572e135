import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { TransportError } from '../../errors.ts'
import type { Session } from '../../session.ts'
import { openLocalSession } from '../../transports/local.ts'
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
  const withoutPerl: Session = {
    ...session,
    run: (command, options) =>
      command[0] === 'perl'
        ? Promise.reject(new TransportError('command-not-found', 'perl is not installed on web-1'))
        : session.run(command, options),
  }
  await assert.rejects(collectFrom(withoutPerl, interfaceTest, [pattern('name', '.*')]), {
    code: 'command-not-found',
    message: missing.message,
  })
})

const haveBoth = ['ip', 'perl'].every((tool) => spawnSync(tool, ['-V']).status === 0)

test(
  'where only perl is there to ask the kernel, it is as ip tells',
  { skip: !haveBoth && 'no ip or perl' },
  async () => {
    const told = async (session: Session): Promise<string[]> => {
      const { items } = await collectFrom(session, interfaceTest, [pattern('name', '.*')])
      return items.map((one) => JSON.stringify(one)).toSorted()
    }
    const local = openLocalSession()
    const withoutIp: Session = {
      ...openLocalSession(),
      run: (command, options) =>
        command[0] === 'ip'
          ? Promise.reject(new TransportError('command-not-found', 'ip is not installed'))
          : local.run(command, options),
    }
    const expected = await told(local)
    assert.ok(expected.length > 0)
    assert.deepEqual(await told(withoutIp), expected)
  },
)
