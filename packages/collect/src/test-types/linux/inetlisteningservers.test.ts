import assert from 'node:assert/strict'
import { test } from 'node:test'
import { collectFrom, denied, entity, pattern, replay } from '../testing.ts'
import { inetlisteningservers } from './inetlisteningservers.ts'

const everything = [
  pattern('protocol', '.*'),
  pattern('local_address', '.*'),
  entity('local_port', '0', { datatype: 'int', operation: 'greater than or equal' }),
]

test('an open port has the process that listens on it', async () => {
  const { items } = await collectFrom(replay(import.meta, 'debian-12'), inetlisteningservers, everything)
  const sshd = { protocol: 'tcp', local_port: '22', program_name: 'sshd', foreign_port: '0', pid: '39', user_id: '0' }
  assert.deepEqual(items, [
    {
      ...sshd,
      local_address: '0.0.0.0',
      local_full_address: '0.0.0.0:22',
      foreign_address: '0.0.0.0',
      foreign_full_address: '0.0.0.0:0',
    },
    {
      ...sshd,
      local_address: '::',
      local_full_address: ':::22',
      foreign_address: '::',
      foreign_full_address: ':::0',
    },
  ])
})

const head = '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode'
const socket = (local: string, foreign: string, state: string, inode: number): string =>
  `   0: ${local} ${foreign} ${state} 00000000:00000000 00:00000000 00000000   101        0 ${inode} 1 0 100 0 0 10 0`

test('connections are no listeners; sockets of udp and raw that nobody is connected to are', async () => {
  const session = replay(import.meta, 'debian-12', {
    files: {
      '/proc/net/tcp': {
        text: [
          head,
          socket('0100007F:0CEA', '00000000:0000', '0A', 1),
          socket('020200C0:0016', '090200C0:D431', '01', 2),
        ],
      },
      '/proc/net/tcp6': null,
      '/proc/net/udp': {
        text: [
          head,
          socket('00000000:0044', '00000000:0000', '07', 3),
          socket('020200C0:9C40', '350200C0:0035', '01', 4),
        ],
      },
      '/proc/net/udp6': {
        text: [head, socket('000080FE00000000FF00FC00010000FE:0222', '00000000000000000000000000000000:0000', '07', 5)],
      },
      '/proc/net/raw': { text: [head, socket('00000000:0001', '00000000:0000', '07', 6)] },
      '/proc/net/raw6': { text: [head] },
    },
  })
  const { items } = await collectFrom(session, inetlisteningservers, everything)
  assert.deepEqual(
    items.map(({ protocol, local_full_address, pid }) => [protocol, local_full_address, pid]),
    [
      ['tcp', '127.0.0.1:3306', '(does not exist)'],
      ['udp', '0.0.0.0:68', '(does not exist)'],
      ['udp', 'fe80::fc:ff:fe00:1:546', '(does not exist)'],
      ['raw', '0.0.0.0:1', '(does not exist)'],
    ],
  )
})

test('without the right to look into a process, the owner of a port is an error, with the reason', async () => {
  const session = replay(import.meta, 'debian-12', {
    lists: { '/proc/39/fd': denied('/proc/39/fd') },
    statuses: { '/proc/39': directory },
  })
  const { items, messages } = await collectFrom(session, inetlisteningservers, everything)
  assert.deepEqual(
    items.map(({ program_name, pid, user_id }) => [program_name, pid, user_id]),
    [
      ['(error)', '(error)', '(error)'],
      ['(error)', '(error)', '(error)'],
    ],
  )
  assert.match(messages?.join() ?? '', /cannot read \/proc\/39\/fd/)
})

test('nobody listens there; a table that cannot be read is an error', async () => {
  const port = entity('local_port', '25', { datatype: 'int' })
  const session = replay(import.meta, 'debian-12')
  assert.deepEqual((await collectFrom(session, inetlisteningservers, [entity('protocol', 'tcp'), port])).items, [])
  const unreadable = replay(import.meta, 'debian-12', { files: { '/proc/net/tcp': denied('/proc/net/tcp') } })
  await assert.rejects(collectFrom(unreadable, inetlisteningservers, everything), { code: 'permission-denied' })
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
