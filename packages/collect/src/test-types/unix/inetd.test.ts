import assert from 'node:assert/strict'
import { test } from 'node:test'
import { collectFrom, denied, pattern, replay } from '../testing.ts'
import { inetd } from './inetd.ts'

const everything = [pattern('protocol', '.*'), pattern('service_name', '.*')]

test('services are told without the limits and groups that may be written with them', async () => {
  const { items } = await collectFrom(replay(import.meta, 'openbsd-inetd'), inetd, everything)
  assert.deepEqual(items, [
    {
      protocol: 'tcp',
      service_name: 'telnet',
      server_program: '/usr/sbin/tcpd',
      server_arguments: '/usr/sbin/in.telnetd',
      endpoint_type: 'stream',
      exec_as_user: 'root',
      wait_status: 'nowait',
    },
    {
      protocol: 'udp',
      service_name: 'tftp',
      server_program: '/usr/sbin/in.tftpd',
      server_arguments: 'in.tftpd -s /srv',
      endpoint_type: 'dgram',
      exec_as_user: 'nobody',
      wait_status: 'wait',
    },
    {
      protocol: 'tcp',
      service_name: 'time',
      server_program: 'internal',
      server_arguments: '',
      endpoint_type: 'stream',
      exec_as_user: 'root',
      wait_status: 'nowait',
    },
  ])
})

test('an asset without inetd is none that this applies to', async () => {
  assert.deepEqual(await collectFrom(replay(import.meta, 'debian-12'), inetd, everything), {
    flag: 'not applicable',
    messages: ['web-1 has no /etc/inetd.conf'],
    items: [],
  })
})

test('a configuration that cannot be read is an error', async () => {
  const session = replay(import.meta, 'debian-12', { files: { '/etc/inetd.conf': denied('/etc/inetd.conf') } })
  await assert.rejects(collectFrom(session, inetd, everything), { code: 'permission-denied' })
})
