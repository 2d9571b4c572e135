import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test, type TestContext } from 'node:test'
import { collect, openSshSession, type Elevation, type Session } from '@plumbline/collect'
import { makeKey } from '../packages/collect/src/transports/ssh/testing/sshd.ts'
import { planOfAll, streams, verdictsOf } from './every-profile.ts'
import { noRoots, rootNamed, startNamespaceHost } from './namespace-host.ts'

const skip =
  noRoots !== false || process.env['CI'] === 'true' || existsSync(`${rootNamed('bookworm')}/usr/bin/sudo`)
    ? noRoots
    : 'the root bookworm of TEST_ROOTS has no sudo; make it anew'

const setUp = String.raw`
for account in asked trusted plain; do chroot "$R" useradd -m -s /bin/sh "$account"; done
printf 'asked:right one\nroot:right two\n' | chroot "$R" chpasswd
chmod 755 "$R/run/plumbline"
printf 'asked ALL=(root) ALL\ntrusted ALL=(root) NOPASSWD: ALL\n' > "$R/etc/sudoers.d/test"
chmod 440 "$R/etc/sudoers.d/test"
chroot "$R" visudo -c
for file in wtmp btmp lastlog; do touch "$R/var/log/$file"; done
touch "$R/run/utmp"`

interface Way {
  readonly name: string
  readonly user: string
  readonly elevation: Elevation
  /** What sshd, sudo, su and the login write themselves. */
  readonly written: readonly string[]
}

/** By the login: who is there, and who was last; the greeting that Debian's pam_motd(8) makes anew, in its folder. */
const records = ['/run/utmp', '/var/log/wtmp', '/var/log/lastlog', '/run/motd.dynamic', '/run']

const ways: readonly Way[] = [
  { name: 'a login as root', user: 'root', elevation: { kind: 'none' }, written: records },
  { name: 'sudo without a password', user: 'trusted', elevation: { kind: 'sudo' }, written: [...records, '/run/sudo'] },
  {
    name: 'sudo with a password',
    user: 'asked',
    elevation: { kind: 'sudo', password: 'right one' },
    // That the account has been lectured, and the folders for it and for tickets, of which there is none (-k).
    written: [
      ...records,
      '/run/sudo',
      '/run/sudo/ts',
      '/var/lib/sudo',
      '/var/lib/sudo/lectured',
      '/var/lib/sudo/lectured/asked',
    ],
  },
  { name: 'su', user: 'plain', elevation: { kind: 'su', password: 'right two' }, written: records },
]

describe('a scan leaves nothing behind', { skip, timeout: 600_000 }, () => {
  /** What changed on a machine, by path: as it was and as it is. */
  const changes = async (
    t: TestContext,
    { user, elevation }: Pick<Way, 'elevation' | 'user'>,
    use: (session: Session) => Promise<void>,
  ): Promise<Map<string, readonly [string | undefined, string | undefined]>> => {
    const folder = mkdtempSync(join(tmpdir(), 'plumbline-leaves-'))
    t.after(() => rmSync(folder, { recursive: true }))
    const key = join(folder, 'client')
    makeKey(key)
    const host = await startNamespaceHost({
      name: 'bookworm',
      root: rootNamed('bookworm'),
      clientKey: readFileSync(`${key}.pub`, 'utf8').trim(),
      settings: ['UsePAM yes'],
      setUp,
    })
    t.after(() => host.stop())
    const before = await host.files()
    assert.ok(before.size > 5000 && before.has('/etc/passwd') && before.has('/run/utmp'), `${before.size} files`)
    const credentials = { keys: [{ name: 'the key', text: readFileSync(key, 'utf8') }] }
    const session = await openSshSession({
      target: { host: host.address, port: 22, user, credentials },
      hostKeys: { knownTypes: () => [], check: () => 'approved', approve: () => undefined },
      elevation,
    })
    try {
      await use(session)
    } finally {
      await session.close()
    }
    const after = await host.files()
    t.diagnostic(`${before.size} files before, ${after.size} after`)
    const paths = [...new Set([...before.keys(), ...after.keys()])].toSorted()
    return new Map(
      paths
        .filter((path) => before.get(path) !== after.get(path))
        .map((path) => [path, [before.get(path), after.get(path)]]),
    )
  }

  for (const way of ways) {
    test(`after ${way.name} every file is as it was but for what the way in writes itself`, async (t) => {
      const changed = await changes(t, way, async (session) => {
        const now = new Date()
        for (const { content } of streams())
          verdictsOf(content, await collect(session, planOfAll(content), { now }), now)
      })
      t.diagnostic(`changed: ${[...changed.keys()].join(', ')}`)
      assert.deepEqual(
        [...changed].filter(([path]) => !way.written.includes(path)),
        [],
      )
    })
  }

  test('a file that is made or changed would be seen', async (t) => {
    const changed = await changes(t, { user: 'root', elevation: { kind: 'none' } }, async (session) => {
      await session.run(['sh', '-c', 'echo x > /tmp/left; chmod 600 /etc/passwd; touch /run/left'])
    })
    for (const path of ['/tmp', '/tmp/left', '/etc/passwd', '/run/left']) assert.ok(changed.has(path), path)
  })
})
