import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { TransportError } from '../errors.ts'
import type { Session } from '../session.ts'
import { openLocalSession } from '../transports/local.ts'
import { openOfflineRoot } from '../transports/offline-root.ts'
import { openSshSession } from '../transports/ssh-session.ts'
import { noSshd, startSshd } from '../transports/ssh/testing/sshd.ts'
import { hashesOf } from './file-hashes.ts'

const algorithms = ['md5', 'sha1', 'sha224', 'sha256', 'sha384', 'sha512'] as const
/** What a session does not read. */
const tooMuch = 64 * 1024 ** 2 + 1

/** A folder with a file of this size, that cannot be compressed but for zeros at its end, and a link to it; and the hashes. */
function folderWith(t: TestContext, size: number): { readonly folder: string; readonly hashes: string[] } {
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-hashes-'))
  t.after(() => rmSync(folder, { recursive: true }))
  // GNU writes such a name in another way, with a backslash before the line.
  const file = join(folder, 'a \\ name')
  writeFileSync(file, randomBytes(Math.min(size, 3 * 1024 ** 2)))
  truncateSync(file, size)
  symlinkSync('a \\ name', join(folder, 'link'))
  const bytes = readFileSync(file)
  return { folder, hashes: algorithms.map((name) => createHash(name).update(bytes).digest('hex')) }
}

test('a file that is too large to be read is hashed where it is, by a link too', async (t) => {
  const { folder, hashes } = folderWith(t, tooMuch)
  const local = openLocalSession()
  const offline = openOfflineRoot(folder)
  t.after(() => Promise.all([local.close(), offline.close()]))
  assert.deepEqual(await hashesOf(local, join(folder, 'link'), algorithms), hashes)
  assert.deepEqual(await hashesOf(offline, '/a \\ name', algorithms), hashes)
})

test('a large file does not travel to be hashed', { skip: noSshd }, async (t) => {
  const { folder, hashes } = folderWith(t, 3 * 1024 ** 2)
  const server = await startSshd()
  t.after(() => server.stop())
  const session = await openSshSession({ target: server.hop(), hostKeys: server.hostKeys })
  t.after(() => session.close())
  assert.deepEqual(await hashesOf(session, join(folder, 'a \\ name'), algorithms), hashes)
  assert.ok(session.traffic().bytesReceived < 100_000, `${session.traffic().bytesReceived} bytes`)
})

test('without a program for it a file is read, unless it is too large: then the program is what is missing', async (t) => {
  const local = openLocalSession()
  t.after(() => local.close())
  const withoutPrograms: Session = {
    ...local,
    run: ([program]) => Promise.reject(new TransportError('command-not-found', `${program} is not installed`)),
  }
  const small = folderWith(t, 2 * 1024 ** 2)
  assert.deepEqual(await hashesOf(withoutPrograms, join(small.folder, 'link'), algorithms), small.hashes)
  const large = folderWith(t, tooMuch)
  await assert.rejects(hashesOf(withoutPrograms, join(large.folder, 'link'), ['sha224']), {
    code: 'command-not-found',
    message: 'sha224sum is not installed',
  })
})
