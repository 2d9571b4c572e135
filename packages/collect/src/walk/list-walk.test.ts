import assert from 'node:assert/strict'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { openSshSession } from '../transports/ssh-session.ts'
import { noSshd, startSshd } from '../transports/ssh/testing/sshd.ts'
import { walkDown } from './list-walk.ts'

test(
  'a walk over a long line waits once for a level, and once more where links may lead on',
  { skip: noSshd },
  async (t) => {
    const server = await startSshd()
    t.after(() => server.stop())
    const start = join(server.folder, 'tree')
    let below = start
    for (const name of ['one', 'two', 'three']) {
      mkdirSync(below, { recursive: true })
      writeFileSync(join(below, 'file'), 'x'.repeat(50_000))
      for (let at = 0; at < 400; at += 1) symlinkSync('file', join(below, `link-${at}`))
      below = join(below, name)
    }
    mkdirSync(below)
    symlinkSync('two', join(start, 'one', 'other'))
    symlinkSync('..', join(start, 'one', 'back'))
    const session = await openSshSession({ target: server.hop(), hostKeys: server.hostKeys })
    t.after(() => session.close())
    await session.status(start)
    const before = session.traffic()
    const visited: string[] = []
    const bars = { points: new Set<string>(), holds: () => false }
    const options = { depth: undefined, followLinks: true, followDirectories: true, bars }
    const isWhole = await walkDown(session, start, options, (directory) => {
      visited.push(directory.slice(start.length))
      return true
    })
    assert.equal(isWhole, true)
    assert.deepEqual(visited.toSorted(), ['', '/one', '/one/other', '/one/other/three', '/one/two', '/one/two/three'])
    const { roundTrips, bytesReceived } = session.traffic()
    // The start, three levels of directories, and for the link in the second: is it one, where does it lead, two listings.
    assert.ok(roundTrips - before.roundTrips <= 8, `${roundTrips - before.roundTrips} round trips`)
    assert.ok(bytesReceived - before.bytesReceived < 100_000, `${bytesReceived - before.bytesReceived} bytes`)
  },
)
