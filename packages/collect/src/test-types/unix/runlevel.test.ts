import assert from 'node:assert/strict'
import { test } from 'node:test'
import { collectFrom, denied, entity, pattern, replay } from '../testing.ts'
import { runlevel } from './runlevel.ts'

const everything = [pattern('service_name', '.*'), pattern('runlevel', '.*')]

test('a link by S starts a service and one by K kills it', async () => {
  const session = replay(import.meta, 'debian-12')
  const { items } = await collectFrom(session, runlevel, [entity('service_name', 'cron'), pattern('runlevel', '[126]')])
  assert.deepEqual(items, [
    { service_name: 'cron', runlevel: '1', start: 'false', kill: 'false' },
    { service_name: 'cron', runlevel: '2', start: 'true', kill: 'false' },
    { service_name: 'cron', runlevel: '6', start: 'false', kill: 'false' },
  ])
  const audit = await collectFrom(session, runlevel, [entity('service_name', 'auditd'), entity('runlevel', '0')])
  assert.deepEqual(audit.items, [{ service_name: 'auditd', runlevel: '0', start: 'false', kill: 'true' }])
})

test('a system without such scripts is none that this applies to', async () => {
  const session = replay(import.meta, 'debian-12', { lists: { '/etc/init.d': null } })
  assert.deepEqual(await collectFrom(session, runlevel, everything), {
    flag: 'not applicable',
    messages: ['web-1 has no scripts of System V init'],
    items: [],
  })
})

test('links that cannot be read are an error', async () => {
  const session = replay(import.meta, 'debian-12', { lists: { '/etc/rc3.d': denied('/etc/rc3.d') } })
  await assert.rejects(collectFrom(session, runlevel, everything), { code: 'permission-denied' })
})
