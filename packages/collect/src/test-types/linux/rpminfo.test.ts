import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { collectFrom, entity, pattern, replay } from '../testing.ts'
import type { Recording } from '../../transports/recorded.ts'
import { rpminfo } from './rpminfo.ts'

const recorded = JSON.parse(readFileSync(`${import.meta.dirname}/rpminfo.fixtures/rhel-9.json`, 'utf8')) as Recording

test('a package has its version in parts and as a whole, and the key that signed it', async () => {
  const { items } = await collectFrom(replay(import.meta, 'rhel-9'), rpminfo, [
    pattern('name', '^(bash|openssl-libs)$'),
  ])
  assert.deepEqual(items, [
    {
      name: 'bash',
      arch: 'x86_64',
      epoch: '(none)',
      release: '6.el9_1',
      version: '5.1.8',
      evr: '0:5.1.8-6.el9_1',
      signature_keyid: '199e2f91fd431d51',
      extended_name: 'bash-0:5.1.8-6.el9_1.x86_64',
    },
    {
      name: 'openssl-libs',
      arch: 'x86_64',
      epoch: '1',
      release: '24.el9',
      version: '3.0.7',
      evr: '1:3.0.7-24.el9',
      signature_keyid: '199e2f91fd431d51',
      extended_name: 'openssl-libs-1:3.0.7-24.el9.x86_64',
    },
  ])
})

test('a package that nobody signed has the key 0', async () => {
  const { items } = await collectFrom(replay(import.meta, 'rpm-4.18'), rpminfo, [entity('name', 'qq')])
  assert.deepEqual(
    items.map(({ evr, signature_keyid }) => [evr, signature_keyid]),
    [['0:0.9~rc1-1.el9', '0']],
  )
})

test('a Debian machine with the tool has no packages of rpm; one without it is none that this applies to', async () => {
  const debian = replay(import.meta, 'debian-12')
  assert.deepEqual(await collectFrom(debian, rpminfo, [entity('name', 'bash')]), {
    flag: undefined,
    messages: undefined,
    items: [],
  })
  const without = replay(import.meta, 'debian-12', { statuses: { '/usr/lib/rpm/rpmrc': null, '/etc/rpmrc': null } })
  assert.deepEqual(await collectFrom(without, rpminfo, [entity('name', 'bash')]), {
    flag: 'not applicable',
    messages: ['web-1 does not use rpm'],
    items: [],
  })
})

test('a database that the tool cannot read, or a missing tool, is an error', async () => {
  const [query = ''] = Object.keys(recorded.commands ?? {})
  const broken = { exitStatus: 1, stdout: [''], stderr: 'error: cannot open Packages database in /var/lib/rpm\n' }
  const session = replay(import.meta, 'rhel-9', { commands: { [query]: broken } })
  await assert.rejects(collectFrom(session, rpminfo, [entity('name', 'bash')]), {
    code: 'command-failed',
    message: 'rpm --query failed on web-1: error: cannot open Packages database in /var/lib/rpm',
  })
  const missing = { error: 'command-not-found', message: 'rpm is not installed on web-1' } as const
  const without = replay(import.meta, 'rhel-9', { commands: { [query]: missing } })
  await assert.rejects(collectFrom(without, rpminfo, [entity('name', 'bash')]), { code: 'command-not-found' })
})

const told = (...lines: string[]) => ({ exitStatus: 0, stdout: [...lines, ''], stderr: '' })
const file = recorded.statuses?.['/var/lib/rpm/rpmdb.sqlite'] ?? null

test('a tool is not asked for a database of a form that it does not know: it would make an empty one', async () => {
  const session = replay(import.meta, 'rhel-9', {
    statuses: { '/var/lib/rpm/rpmdb.sqlite': null, '/var/lib/rpm/Packages.db': file },
    commands: { 'rpm --showrc': told('available backends    : sqlite bdb_ro dummy') },
  })
  await assert.rejects(collectFrom(session, rpminfo, [entity('name', 'bash')]), {
    code: 'command-failed',
    message:
      'rpm of web-1 keeps a database of the form sqlite in /var/lib/rpm, and cannot read /var/lib/rpm/Packages.db, which is of the form ndb: it was not asked, for it would make an empty one',
  })
})

test('a tool is asked for a database of another form that it can read', async () => {
  const session = replay(import.meta, 'rhel-9', {
    statuses: { '/var/lib/rpm/rpmdb.sqlite': null, '/var/lib/rpm/Packages': file },
    commands: { 'rpm --showrc': told('available backends    : sqlite bdb_ro dummy') },
  })
  assert.equal((await collectFrom(session, rpminfo, [entity('name', 'bash')])).items.length, 1)
})

test('a tool without a name for its form has Berkeley DB', async () => {
  const old = { 'rpm --eval %{_db_backend}': told('%{_db_backend}') }
  const fitting = replay(import.meta, 'rhel-9', {
    statuses: { '/var/lib/rpm/rpmdb.sqlite': null, '/var/lib/rpm/Packages': file },
    commands: old,
  })
  assert.equal((await collectFrom(fitting, rpminfo, [entity('name', 'bash')])).items.length, 1)
  const newer = replay(import.meta, 'rhel-9', { commands: { ...old, 'rpm --showrc': told('BASIC VALUES:') } })
  await assert.rejects(collectFrom(newer, rpminfo, [entity('name', 'bash')]), /of the form bdb .* of the form sqlite/)
})

test('a database where the tool does not look is not taken for none', async () => {
  const session = replay(import.meta, 'debian-12', {
    statuses: { '/root/.rpmdb/rpmdb.sqlite': null, '/var/lib/rpm/rpmdb.sqlite': file },
  })
  await assert.rejects(collectFrom(session, rpminfo, [entity('name', 'bash')]), /\/var\/lib\/rpm\/rpmdb\.sqlite/)
})
