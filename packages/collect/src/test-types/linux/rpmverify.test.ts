import assert from 'node:assert/strict'
import { test } from 'node:test'
import { collectFrom, entity, pattern, replay } from '../testing.ts'
import { rpmverify } from './rpmverify.ts'

const passed = {
  size_differs: 'pass',
  mode_differs: 'pass',
  md5_differs: 'pass',
  device_differs: 'pass',
  link_mismatch: 'pass',
  ownership_differs: 'pass',
  group_differs: 'pass',
  mtime_differs: 'pass',
  capabilities_differ: 'pass',
  configuration_file: 'false',
  documentation_file: 'false',
  ghost_file: 'false',
  license_file: 'false',
  readme_file: 'false',
}

test('a file of a package says how it differs from what was installed', async () => {
  const session = replay(import.meta, 'rpm-4.18')
  const { items } = await collectFrom(session, rpmverify, [entity('name', 'pp'), pattern('filepath', '/(link|doc)$')])
  assert.deepEqual(items, [
    { name: 'pp', filepath: '/opt/pp/doc', ...passed, documentation_file: 'true' },
    { name: 'pp', filepath: '/opt/pp/link', ...passed, link_mismatch: 'fail' },
  ])
})

test('another package has no such file', async () => {
  const session = replay(import.meta, 'rpm-4.18')
  assert.deepEqual((await collectFrom(session, rpmverify, [entity('name', 'qq'), pattern('filepath', '.*')])).items, [])
})

test('a system that rpm cannot verify is an error', async () => {
  const missing = { error: 'command-not-found', message: 'rpm is not installed on web-1' } as const
  const command = 'rpm --verify --verbose --nodeps --noscripts --nodigest --nosignature -- pp-1.2-3.noarch'
  const session = replay(import.meta, 'rpm-4.18', { commands: { [command]: missing } })
  await assert.rejects(collectFrom(session, rpmverify, [entity('name', 'pp'), pattern('filepath', 'doc$')]), {
    code: 'command-not-found',
  })
})
