import assert from 'node:assert/strict'
import { test } from 'node:test'
import { collectFrom, entity, pattern, replay } from '../testing.ts'
import { systemdunitproperty } from './systemdunitproperty.ts'

const ask = (unit: string, property: string) => [pattern('unit', unit), entity('property', property)]

test('a property of the units that match', async () => {
  const session = replay(import.meta, 'debian-12')
  const { items } = await collectFrom(session, systemdunitproperty, ask('^(cron|ssh|telnet)\\.service$', 'ActiveState'))
  assert.deepEqual(items, [
    { unit: 'ssh.service', property: 'ActiveState', value: 'active' },
    { unit: 'cron.service', property: 'ActiveState', value: 'active' },
  ])
})

test('yes and no are true and false on the bus', async () => {
  const { items } = await collectFrom(replay(import.meta, 'debian-12'), systemdunitproperty, ask('^cron', 'CanStart'))
  assert.deepEqual(items, [{ unit: 'cron.service', property: 'CanStart', value: 'true' }])
})

test('each element of an array is a value, without its quotes; an array without any is no property', async () => {
  const session = replay(import.meta, 'debian-12')
  const documents = await collectFrom(
    session,
    systemdunitproperty,
    ask('^(cron|apt-daily)\\.service$', 'Documentation'),
  )
  assert.deepEqual(documents.items, [
    { unit: 'cron.service', property: 'Documentation', value: 'man:cron(8)' },
    { unit: 'apt-daily.service', property: 'Documentation', value: 'man:apt(8)' },
  ])
  const wants = await collectFrom(session, systemdunitproperty, ask('^(cron.service|getty.target)$', 'Wants'))
  assert.deepEqual(wants.items, [
    {
      unit: 'getty.target',
      property: 'Wants',
      value: ['console-getty.service', 'getty-static.service', 'getty@tty1.service'],
    },
  ])
})

const command = 'systemctl show --all --no-pager --property=Id,ActiveState,LoadState,Requires,UnitFileState,Wants -- *'

test('without a running systemd nothing is known of its units', async () => {
  const stderr =
    "System has not been booted with systemd as init system (PID 1). Can't operate.\nFailed to connect to bus"
  const session = replay(import.meta, 'debian-12', { commands: { [command]: { exitStatus: 1, stdout: [''], stderr } } })
  await assert.rejects(collectFrom(session, systemdunitproperty, ask('.*', 'ActiveState')), {
    code: 'command-failed',
    message:
      "systemd of web-1 cannot be asked: System has not been booted with systemd as init system (PID 1). Can't operate.",
  })
})

test('without systemctl neither', async () => {
  const missing = { error: 'command-not-found', message: 'systemctl is not installed on web-1' } as const
  const session = replay(import.meta, 'debian-12', { commands: { [command]: missing } })
  await assert.rejects(collectFrom(session, systemdunitproperty, ask('.*', 'ActiveState')), {
    code: 'command-not-found',
  })
})
