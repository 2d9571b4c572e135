import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { openSshSession } from '../transports/ssh-session.ts'
import { noSshd, startSshd } from '../transports/ssh/testing/sshd.ts'
import { readExtendedAcls } from './extended-acl.ts'

test('a question about very many files is waited for once over a long line', { skip: noSshd }, async (t) => {
  const server = await startSshd()
  t.after(() => server.stop())
  const folder = join(server.folder, 'many')
  mkdirSync(folder)
  const paths = Array.from({ length: 1200 }, (_, at) => join(folder, `file-${at}`))
  for (const path of paths) writeFileSync(path, '')
  const session = await openSshSession({ target: server.hop(), hostKeys: server.hostKeys })
  t.after(() => session.close())
  await session.status(folder)
  const before = session.traffic().roundTrips
  const acls = await readExtendedAcls(session, paths)
  assert.deepEqual([acls.size, new Set(acls.values())], [1200, new Set([false])])
  assert.equal(session.traffic().roundTrips - before, 1)
})
