import assert from 'node:assert/strict'
import { test } from 'node:test'
import { collectFrom, denied, pattern, replay } from '../testing.ts'
import { iflisteners } from './iflisteners.ts'

const everything = [pattern('interface_name', '.*')]

test('a packet socket that is bound to an interface has its program, as far as there is one', async () => {
  const { items } = await collectFrom(replay(import.meta, 'sniffer'), iflisteners, everything)
  assert.deepEqual(items, [
    {
      interface_name: 'eth0',
      protocol: 'ETH_P_ALL',
      hw_address: '02:00:5e:00:53:01',
      program_name: 'tcpdump',
      pid: '900',
      user_id: '107',
    },
    {
      interface_name: 'wlan0',
      protocol: 'ETH_P_PAE',
      hw_address: '02:00:5e:00:53:02',
      program_name: '(does not exist)',
      pid: '(does not exist)',
      user_id: '(does not exist)',
    },
  ])
})

test('nobody reads whole frames', async () => {
  assert.deepEqual((await collectFrom(replay(import.meta, 'debian-12'), iflisteners, everything)).items, [])
})

test('a table that cannot be read is an error', async () => {
  const session = replay(import.meta, 'sniffer', { files: { '/proc/net/packet': denied('/proc/net/packet') } })
  await assert.rejects(collectFrom(session, iflisteners, everything), { code: 'permission-denied' })
})
