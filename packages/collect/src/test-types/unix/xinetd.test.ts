import assert from 'node:assert/strict'
import { test } from 'node:test'
import { collectFrom, denied, entity, pattern, replay } from '../testing.ts'
import { xinetd } from './xinetd.ts'

const everything = [pattern('protocol', '.*'), pattern('service_name', '.*')]

test('a service has what its section says, and the defaults where it does not', async () => {
  const { items } = await collectFrom(replay(import.meta, 'rhel-7'), xinetd, everything)
  assert.deepEqual(items, [
    {
      protocol: 'tcp',
      service_name: 'chargen',
      no_access: ['192.0.2.9', '192.0.2.10'],
      only_from: '127.0.0.1',
      port: '19',
      socket_type: 'stream',
      type: ['INTERNAL', 'UNLISTED'],
      user: 'root',
      wait: 'false',
      disabled: 'true',
    },
    {
      protocol: 'udp',
      service_name: 'tftp',
      flags: ['IPv4', 'KEEPALIVE'],
      no_access: '192.0.2.9',
      only_from: '198.51.100.0/24',
      port: '69',
      server: '/usr/sbin/in.tftpd',
      server_arguments: '-s /var/lib/tftpboot',
      socket_type: 'dgram',
      user: 'root',
      wait: 'true',
      disabled: 'true',
    },
  ])
})

test('there is no such service', async () => {
  const session = replay(import.meta, 'rhel-7')
  const { items } = await collectFrom(session, xinetd, [entity('protocol', 'tcp'), entity('service_name', 'tftp')])
  assert.deepEqual(items, [])
})

test('an asset without xinetd is none that this applies to', async () => {
  assert.deepEqual(await collectFrom(replay(import.meta, 'debian-12'), xinetd, everything), {
    flag: 'not applicable',
    messages: ['web-1 has no /etc/xinetd.conf'],
    items: [],
  })
})

test('an included file that cannot be read is an error', async () => {
  const path = '/etc/xinetd.d/tftp'
  const session = replay(import.meta, 'rhel-7', { files: { [path]: denied(path) } })
  await assert.rejects(collectFrom(session, xinetd, everything), { code: 'permission-denied' })
})
