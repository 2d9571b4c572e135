import assert from 'node:assert/strict'
import { test } from 'node:test'
import { collectFrom, denied, replay } from '../testing.ts'
import { apparmorstatus } from './apparmorstatus.ts'

test('profiles and processes are counted as aa-status(8) does', async () => {
  const { items } = await collectFrom(replay(import.meta, 'ubuntu-22.04'), apparmorstatus, [])
  assert.deepEqual(items, [
    {
      loaded_profiles_count: '5',
      enforce_mode_profiles_count: '4',
      complain_mode_profiles_count: '1',
      processes_with_profiles_count: '3',
      enforce_mode_processes_count: '1',
      complain_mode_processes_count: '1',
      unconfined_processes_with_profiles_count: '1',
    },
  ])
})

test('without AppArmor it does not apply', async () => {
  assert.deepEqual(await collectFrom(replay(import.meta, 'debian-12'), apparmorstatus, []), {
    flag: 'not applicable',
    messages: ['AppArmor is not enabled on web-1'],
    items: [],
  })
})

test('profiles that cannot be read are an error', async () => {
  const path = '/sys/kernel/security/apparmor/profiles'
  const session = replay(import.meta, 'ubuntu-22.04', { files: { [path]: denied(path) } })
  await assert.rejects(collectFrom(session, apparmorstatus, []), { code: 'permission-denied' })
})
