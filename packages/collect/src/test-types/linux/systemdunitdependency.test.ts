import assert from 'node:assert/strict'
import { test } from 'node:test'
import { collectFrom, entity, replay } from '../testing.ts'
import { systemdunitdependency } from './systemdunitdependency.ts'

const ask = (unit: string) => [entity('unit', unit)]

test('a target has what it requires and wants, and what the targets among them do', async () => {
  const { items } = await collectFrom(replay(import.meta, 'debian-12'), systemdunitdependency, ask('getty.target'))
  assert.deepEqual(items, [
    { unit: 'getty.target', dependency: ['console-getty.service', 'getty-static.service', 'getty@tty1.service'] },
  ])
  const multiUser = await collectFrom(replay(import.meta, 'debian-12'), systemdunitdependency, ask('multi-user.target'))
  const dependencies = multiUser.items[0]?.['dependency'] ?? []
  assert.deepEqual(
    ['ssh.service', 'getty.target', 'getty-static.service', 'system.slice'].map((unit) => dependencies.includes(unit)),
    [true, true, true, false],
  )
})

test('a service has its own, but not those of what it needs', async () => {
  const { items } = await collectFrom(replay(import.meta, 'debian-12'), systemdunitdependency, ask('ssh.service'))
  assert.deepEqual(items, [{ unit: 'ssh.service', dependency: ['sysinit.target', 'system.slice'] }])
})

test('a unit that is not loaded does not exist', async () => {
  const session = replay(import.meta, 'debian-12')
  assert.deepEqual((await collectFrom(session, systemdunitdependency, ask('graphical.target'))).items, [])
})

test('targets that need each other come to an end', async () => {
  const session = replay(import.meta, 'debian-12', {
    commands: {
      'systemctl show --all --no-pager --property=Id,ActiveState,LoadState,Requires,UnitFileState,Wants -- *': {
        exitStatus: 0,
        stdout: [
          'Id=a.target',
          'Requires=b.target',
          'Wants=',
          '',
          'Id=b.target',
          'Wants=a.target "x\\\\x2dy.mount"',
          '',
        ],
        stderr: '',
      },
    },
  })
  const { items } = await collectFrom(session, systemdunitdependency, ask('a.target'))
  assert.deepEqual(items, [{ unit: 'a.target', dependency: ['a.target', 'b.target', 'x\\x2dy.mount'] }])
})
