import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openLocalSession } from './local.ts'
import { openOfflineRoot } from './offline-root.ts'
import { openRecordedSession, recordSession } from './recorded.ts'
import { describeSession } from './session.contract.ts'
import type { Session } from '../session.ts'

describeSession('a local session', (folder) => ({ session: openLocalSession(), at: (path) => `${folder}${path}` }))
describeSession('a local session that leaves walks to find(1)', (folder) => ({
  session: openLocalSession({ mostEntriesWalked: 0 }),
  at: (path) => `${folder}${path}`,
}))
describeSession('an offline root', (folder) => ({ session: openOfflineRoot(folder), at: (path) => path }))

describeSession('a recording of a session, played', (folder) => ({
  session: recordedAndPlayed(openLocalSession()),
  at: (path) => `${folder}${path}`,
}))

/** Records each request, and answers it from the recording. */
function recordedAndPlayed(live: Session): Session {
  const { session: recorder, recording } = recordSession(live, 'this test')
  const played =
    <Parameters extends readonly unknown[], Value>(
      ask: (session: Session, ...parameters: Parameters) => Promise<Value>,
    ): ((...parameters: Parameters) => Promise<Value>) =>
    async (...parameters) => {
      await ask(recorder, ...parameters).catch(() => undefined)
      return ask(openRecordedSession(structuredClone(recording())), ...parameters)
    }
  return {
    ...live,
    readBytes: played((session, path) => session.readBytes(path)),
    readText: played((session, path) => session.readText(path)),
    status: played((session, path) => session.status(path)),
    list: played((session, path) => session.list(path)),
    find: played((session, request) => session.find(request)),
    readLink: played((session, path) => session.readLink(path)),
    canonicalPath: played((session, path) => session.canonicalPath(path)),
    run: played((session, command, input) => session.run(command, input)),
  }
}

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
