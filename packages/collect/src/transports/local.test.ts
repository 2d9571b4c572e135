import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openLocalSession } from './local.ts'
import { openOfflineRoot } from './offline-root.ts'
import { describeSession } from './session.contract.ts'

describeSession('a local session', (folder) => ({ session: openLocalSession(), at: (path) => `${folder}${path}` }))
describeSession('an offline root', (folder) => ({ session: openOfflineRoot(folder), at: (path) => path }))

test('a local session runs commands with their parameters as they are', async () => {
  const { exitStatus, stdout } = await openLocalSession().run(['printf', '%s', '$(id) `id` "; id'])
  assert.deepEqual([exitStatus, Buffer.from(stdout).toString()], [0, '$(id) `id` "; id'])
})

test('a command that is not there, takes too long or is aborted says so', async () => {
  await assert.rejects(openLocalSession().run(['plumbline-no-such-program']), { code: 'command-not-found' })
  await assert.rejects(openLocalSession({ commandTimeoutMs: 50 }).run(['sleep', '20']), { code: 'timed-out' })
  const stop = new AbortController()
  const running = openLocalSession({ signal: stop.signal }).run(['sleep', '20'])
  stop.abort(new Error('stopped'))
  await assert.rejects(running, /stopped/)
})

test('a file that is larger than the limit is refused, not cut', async () => {
  await assert.rejects(openLocalSession({ maxFileBytes: 10 }).readBytes(import.meta.filename), { code: 'too-large' })
})

test('an offline root runs nothing', async () => {
  await assert.rejects(openOfflineRoot('/').run(['id']), { code: 'not-possible-offline' })
})
