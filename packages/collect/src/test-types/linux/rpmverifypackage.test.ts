import assert from 'node:assert/strict'
import { test } from 'node:test'
import { collectFrom, entity, pattern, replay } from '../testing.ts'
import { rpmverifypackage } from './rpmverifypackage.ts'

const others = ['epoch', 'version', 'release', 'arch'].map((name) => pattern(name, '.*'))

test('a package says which of its checks pass', async () => {
  const { items } = await collectFrom(replay(import.meta, 'rpm-4.18'), rpmverifypackage, [
    entity('name', 'pp'),
    ...others,
  ])
  assert.deepEqual(items, [
    {
      name: 'pp',
      epoch: '4',
      version: '1.2',
      release: '3',
      arch: 'noarch',
      extended_name: 'pp-4:1.2-3.noarch',
      dependency_check_passed: 'false',
      digest_check_passed: 'true',
      verification_script_successful: 'true',
      signature_check_passed: 'true',
    },
  ])
})

test('a check that is left out says nothing', async () => {
  const { items } = await collectFrom(
    replay(import.meta, 'rpm-4.18'),
    rpmverifypackage,
    [entity('name', 'pp'), ...others],
    { nodeps: 'true', nosignature: 'true', noscripts: 'false' },
  )
  assert.deepEqual(Object.keys(items[0] ?? {}), [
    'name',
    'epoch',
    'version',
    'release',
    'arch',
    'extended_name',
    'digest_check_passed',
    'verification_script_successful',
  ])
})

test('no such package; without the tool it is an error', async () => {
  const nothing = await collectFrom(replay(import.meta, 'rpm-4.18'), rpmverifypackage, [
    entity('name', 'zz'),
    ...others,
  ])
  assert.deepEqual(nothing.items, [])
  const missing = { error: 'command-not-found', message: 'rpm is not installed on web-1' } as const
  const command = 'rpm --verify --quiet --nofiles --nodigest --noscripts --nosignature -- pp-1.2-3.noarch'
  const session = replay(import.meta, 'rpm-4.18', { commands: { [command]: missing } })
  await assert.rejects(collectFrom(session, rpmverifypackage, [entity('name', 'pp'), ...others]), {
    code: 'command-not-found',
  })
})
