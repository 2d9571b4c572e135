import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { isSessionLost, messageWithAdvice } from '../../errors.ts'
import type { TransportError, TransportErrorCode } from '../../errors.ts'
import type { Elevation } from './elevate.ts'
import type { HostKeys } from './known-hosts.ts'
import { openSshSession, type SshOptions, type SshSession } from './ssh.ts'
import { openBlackHole } from './testing/black-hole.ts'
import { startRelay } from './testing/relay.ts'
import { freePort, noSshd, startSshd, type TestServer } from './testing/sshd.ts'
import { slowness } from '../../testing/slowness.ts'

const noBusyboxSu = spawnSync('busybox', ['su', '--help']).status !== 0 && 'busybox has no su here'

/** A length of sleep(1) by which a process is known among all of this machine. */
const uniqueSeconds = (): string => `${600 + Math.random()}`

const hangSeconds = uniqueSeconds()

/** Every account may log in with the client's key; `asked` and `root` have the password `right one`. */
const setUp = String.raw`
useradd -M -d / -s /bin/bash plain
useradd -M -d / -s /bin/bash asked
useradd -M -d / -s /bin/bash needstty
useradd -M -d / -s /bin/bash free
useradd -M -d / -s /bin/false false
useradd -M -d / -s /usr/sbin/nologin nologin
useradd -M -d / -s /bin/rbash rbash
useradd -M -d / -s /bin/bash forced
useradd -M -d / -s "$F/banner" banner
useradd -M -d / -s "$F/flood" flood
useradd -M -d / -s "$F/hang" hang
usermod -p '*' plain; usermod -p '*' needstty; usermod -p '*' free; usermod -p '*' forced; usermod -p '*' banner
usermod -p '*' flood; usermod -p '*' hang; usermod -p '*' false; usermod -p '*' nologin; usermod -p '*' rbash
printf 'asked:right one\nroot:right one\n' | chpasswd -c SHA512
printf '#!/bin/sh\necho "Welcome to $(hostname)! Your password: never tell it."; printf "\\000\\377"; echo warning >&2; exec /bin/bash "$@"\n' > "$F/banner"
printf '#!/bin/sh\nexec yes we are open\n' > "$F/flood"
printf '#!/bin/sh\nexec sleep ${hangSeconds}\n' > "$F/hang"
chmod 755 "$F" "$F/banner" "$F/flood" "$F/hang"
printf '%s\n' 'asked ALL=(ALL) ALL' 'free ALL=(ALL) NOPASSWD: ALL' 'needstty ALL=(ALL) NOPASSWD: ALL' 'Defaults:needstty requiretty' "Defaults:asked logfile=$F/sudo.log" > /etc/sudoers.d/plumbline
chmod 440 /etc/sudoers.d/plumbline
useradd -M -d /home/full -s /bin/bash full; usermod -p '*' full
for shell in fish csh dash; do
  path=$(command -v $shell) || continue
  useradd -M -d / -s "$path" $shell; usermod -p '*' $shell
  printf '%s ALL=(ALL) NOPASSWD: ALL\n' $shell >> /etc/sudoers.d/plumbline
done
mount -t tmpfs -o ro none /tmp
mkdir -p /home /mnt; mount -t tmpfs -o size=64k none /var/tmp; mount -t tmpfs -o size=64k none /home
mkdir /home/full; chown full /home/full; chmod 1777 /var/tmp
for folder in /var/tmp /home; do cat /dev/zero > $folder/filling 2>/dev/null || true; done
`

describe('a session over SSH', { skip: noSshd }, () => {
  let server: TestServer
  before(async () => {
    server = await startSshd({
      setUp,
      settings: ['PasswordAuthentication yes', 'MaxAuthTries 20', 'MaxStartups 100'],
    })
    // A match ends the settings that hold for all.
  })
  after(() => server.stop())

  const open = (user: string, options: Partial<SshOptions> = {}): Promise<SshSession> =>
    openSshSession({ asset: 'web-3', target: server.hop(user), hostKeys: server.hostKeys, ...options })

  const using = async <Value>(session: SshSession, use: (session: SshSession) => Promise<Value>): Promise<Value> => {
    try {
      return await use(session)
    } finally {
      await session.close()
    }
  }
  /** Who we are to the shell that answers. */
  const whoIs = async (user: string, options: Partial<SshOptions> = {}): Promise<string> =>
    using(await open(user, options), async (session) =>
      Buffer.from((await session.run(['id', '-un'])).stdout)
        .toString()
        .trim(),
    )
  const fails = async (
    user: string,
    options: Partial<SshOptions>,
    code: TransportErrorCode,
    message: RegExp,
  ): Promise<void> => assert.rejects(whoIs(user, options), { name: 'TransportError', code, message })

  const sudo = (password?: string): { elevation: Elevation } => ({ elevation: { kind: 'sudo', password } })

  test('becomes the administrator by sudo, with and without a password, and by su', async () => {
    assert.equal(await whoIs('plain'), 'plain')
    assert.equal(await whoIs('free', sudo()), 'root')
    assert.equal(await whoIs('free', sudo('not asked for')), 'root')
    assert.equal(await whoIs('asked', sudo('right one')), 'root')
    assert.equal(await whoIs('plain', { elevation: { kind: 'su', password: 'right one' } }), 'root')
  })

  test('becomes the administrator by the su of busybox', { skip: noBusyboxSu }, async () => {
    const alpine = await startSshd({
      // Not in the server's folder: programs of /run may become nobody else.
      setUp: `${setUp}
mount -t tmpfs none /mnt; cp "$(command -v busybox)" /mnt/su; chmod 4755 /mnt/su; mount --bind /mnt/su "$(command -v su)"`,
    })
    try {
      const at = (user: string, password: string): Partial<SshOptions> => ({
        target: alpine.hop(user),
        hostKeys: alpine.hostKeys,
        elevation: { kind: 'su', password },
      })
      assert.equal(await whoIs('plain', at('plain', 'right one')), 'root')
      assert.equal(await whoIs('banner', at('banner', 'right one')), 'root')
      await fails('plain', at('plain', 'wrong'), 'elevation-failed', /not accepted/)
    } finally {
      alpine.stop()
    }
  })

  test('asks sudo once for all of a session', async () => {
    const asked = (): number => readFileSync(join(server.folder, 'sudo.log'), 'utf8').split('COMMAND=').length - 1
    assert.equal(await whoIs('asked', sudo('right one')), 'root')
    const before = asked()
    await using(await open('asked', sudo('right one')), async (session) => {
      for (let round = 0; round < 5; round += 1) assert.match((await session.readText('/etc/shadow')) ?? '', /^root:/)
    })
    assert.equal(asked() - before, 1)
  })

  test('leaves no ticket of sudo on the asset', async () => {
    const tickets = '/run/sudo/ts'
    for (const account of ['asked', 'plain']) rmSync(join(tickets, account), { force: true })
    assert.equal(await whoIs('asked', sudo('right one')), 'root')
    await fails('plain', sudo(), 'sudo-password-required', /wants the password of plain/)
    for (const account of ['asked', 'plain']) assert.ok(!existsSync(join(tickets, account)), account)
  })

  test('says why it did not become the administrator', async () => {
    const wanted = await whoIs('asked', sudo()).catch((error: TransportError) => messageWithAdvice(error))
    assert.equal(
      wanted,
      'sudo on web-3 wants the password of asked; give it, or let the account use sudo without a password',
    )
    await fails('asked', sudo('wrong'), 'elevation-failed', /password was not accepted/)
    await fails('plain', sudo(), 'sudo-password-required', /wants the password of plain/)
    await fails('needstty', sudo(), 'elevation-failed', /Defaults:needstty !requiretty/)
    await fails('plain', { elevation: { kind: 'su', password: 'wrong' } }, 'elevation-failed', /not accepted/)
  })

  test('gets past a shell that prints banners', async () => {
    assert.equal(await whoIs('banner'), 'banner')
  })

  test('says that an account runs no commands', async () => {
    await fails('false', {}, 'restricted-shell', /does not run \/bin\/sh/)
    await fails('nologin', {}, 'restricted-shell', /not available/)
    await fails('rbash', {}, 'restricted-shell', /restricted/)
    await fails('flood', {}, 'restricted-shell', /it said: .*we are open/)
  })

  test('gives up a shell that never comes', async () => {
    await fails('hang', { shellTimeoutMs: 600 }, 'timed-out', /gave no shell within 0.6 s/)
    // Not of one command: whoever collects must not go on to call each object unreadable.
    await using(await open('hang', { shellTimeoutMs: 600 }), (session) =>
      assert.rejects(session.readText('/etc/hostname'), isSessionLost),
    )
    await until(() => processesNamed(`sleep ${hangSeconds}`).length === 0)
  })

  test('writes nothing: full and read-only file systems do not matter', async () => {
    for (const user of ['root', 'full']) {
      await using(await open(user), async (session) => {
        assert.notEqual((await session.run(['touch', '/tmp/x'])).exitStatus, 0)
        assert.notEqual((await session.run(['sh', '-c', 'head -c 9000 /dev/zero > /var/tmp/x'])).exitStatus, 0)
        const [text, entries, found] = await Promise.all([
          session.readText('/etc/passwd'),
          session.list('/etc'),
          session.find({ start: '/etc', maxDepth: 1, barred: [], where: { kind: 'regular' }, limit: 1000 }),
        ])
        assert.match(text ?? '', /^root:/)
        assert.ok((entries ?? []).length > 20 && (found?.entries ?? []).length > 20)
      })
    }
  })

  for (const shell of ['dash', 'fish', 'csh']) {
    test(`works whatever the login shell: ${shell}`, async (context) => {
      // Of the accounts of this server one has each shell that is installed.
      if (!readFileSync(join(server.folder, 'etc/passwd'), 'utf8').includes(`\n${shell}:`)) {
        return context.skip(`${shell} is not installed`)
      }
      assert.equal(await whoIs(shell), shell)
      assert.equal(await whoIs(shell, sudo()), 'root')
      assert.equal(await whoIs(shell, { elevation: { kind: 'su', password: 'right one' } }), 'root')
    })
  }

  test('what may not be read is an error with its reason, not absent', async () => {
    await using(await open('plain'), async (session) => {
      const denied = {
        name: 'TransportError',
        code: 'permission-denied',
        message: /on web-3: permission denied; grant sudo/,
      }
      await assert.rejects(session.readBytes('/etc/shadow'), denied)
      await assert.rejects(session.list('/root'), denied)
      await assert.rejects(session.readBytes('/root/anything'), denied)
      await assert.rejects(session.status('/root/anything'), denied)
      const [one, other] = await Promise.allSettled([
        session.status('/root/anything'),
        session.status('/etc/no-such-file'),
      ])
      assert.deepEqual([one.status, other], ['rejected', { status: 'fulfilled', value: undefined }])
    })
  })

  test('a command that does not end is ended, and the rest is answered', async () => {
    await using(await open('root', { commandTimeoutMs: 1000 }), async (session) => {
      const seconds = uniqueSeconds()
      const [slow, text] = await Promise.allSettled([
        session.run(['sleep', seconds]),
        session.readText('/etc/hostname'),
      ])
      const { code, endsSession } = (slow as PromiseRejectedResult).reason as TransportError
      assert.deepEqual([code, endsSession], ['timed-out', false])
      assert.equal(text.status, 'fulfilled')
      assert.deepEqual(processesNamed(`sleep ${seconds}`), [])
    })
  })

  const readers = ['sh', 'head', 'tail', 'cat', 'stat', 'ls', 'readlink', 'find']
  /** A search path with these programs alone. */
  const folderOf = (name: string, tools: readonly string[]): string => {
    const path = join(server.folder, name)
    execFileSync('mkdir', ['-p', path])
    for (const tool of tools) {
      execFileSync('ln', ['-sf', execFileSync('which', [tool], { encoding: 'utf8' }).trim(), join(path, tool)])
    }
    return path
  }

  test('answers are compressed on the way where the asset has gzip, and come whole where it has not', async () => {
    const text = 'PermitRootLogin no\n'.repeat(20_000)
    const file = join(server.folder, 'long')
    writeFileSync(file, text)
    const received = async (tools: readonly string[]): Promise<number> => {
      const session = await open('root', { path: folderOf(`tools-${tools.length}`, tools) })
      try {
        assert.equal(await session.readText(file), text)
        return session.traffic().bytesReceived
      } finally {
        await session.close()
      }
    }
    const [plain, compressed] = [await received(readers), await received([...readers, 'gzip'])]
    assert.ok(plain > text.length, `${plain} bytes`)
    assert.ok(compressed < text.length / 10, `${compressed} bytes`)
  })

  test('a call that nothing on the asset can end costs its shell, and nothing else', async () => {
    // Without timeout(1) in the path the asset cannot end it by itself.
    const path = folderOf('tools', [...readers, 'sleep', 'gzip'])
    await using(await open('root', { path, commandTimeoutMs: 1000, idleTimeoutMs: 1500 }), async (session) => {
      const seconds = uniqueSeconds()
      const [before, slow, after] = await Promise.allSettled([
        session.readText('/etc/hostname'),
        session.run(['sleep', seconds]),
        session.status('/etc/passwd'),
      ])
      assert.deepEqual([before.status, after.status], ['fulfilled', 'fulfilled'])
      assert.equal(slow.status === 'rejected' && (slow.reason as { code: string }).code, 'timed-out')
      assert.deepEqual(processesNamed(`sleep ${seconds}`), [])
    })
  })

  test('giving up ends what runs on the asset, under sudo too', async () => {
    const stop = new AbortController()
    const session = await open('free', { ...sudo(), signal: stop.signal })
    const seconds = uniqueSeconds()
    const running = session.run(['sleep', seconds])
    running.catch(() => undefined)
    await until(() => processesNamed(`sleep ${seconds}`).length > 0)
    stop.abort(new Error('stopped'))
    await assert.rejects(running)
    await until(() => processesNamed(`sleep ${seconds}`).length === 0)
  })

  test('an asset that dies half way, or falls silent, is lost for all that wait', async () => {
    const relay = await startRelay(server.port)
    try {
      const through = async (options: Partial<SshOptions> = {}): Promise<SshSession> =>
        openSshSession({
          target: { ...server.hop(), port: relay.port },
          hostKeys: { knownTypes: () => [], check: () => 'approved', approve: () => undefined },
          ...options,
        })
      const dying = await through()
      const asked = [dying.run(['sleep', '5']), dying.readText('/etc/passwd')]
      await new Promise((resolve) => setImmediate(() => setImmediate(resolve)))
      relay.cut()
      for (const { status, reason } of (await Promise.allSettled(asked)) as PromiseRejectedResult[]) {
        assert.deepEqual([status, (reason as { code?: string }).code], ['rejected', 'connection-lost'])
      }
      await assert.rejects(dying.readText('/etc/passwd'), { code: 'connection-lost' })
      await dying.close()
      const silent = await through({ idleTimeoutMs: 2000, shellTimeoutMs: 5000 })
      await silent.readText('/etc/hostname')
      relay.freeze()
      await assert.rejects(silent.readText('/etc/hostname'), { code: 'timed-out', endsSession: true })
      await silent.close()
    } finally {
      relay.stop()
    }
  })

  test('an answer that breaks off in its middle is no answer, and a slow line is only slow', async () => {
    const relay = await startRelay(server.port, 20, 40_000)
    try {
      const target = { ...server.hop(), port: relay.port }
      const hostKeys: HostKeys = { knownTypes: () => [], check: () => 'approved', approve: () => undefined }
      // All of it takes longer than a silence may, but it is never silent.
      await using(await openSshSession({ target, hostKeys, idleTimeoutMs: 1000 }), async (session) => {
        const { stdout } = await session.run(['head', '-c', '100000', '/dev/urandom'])
        assert.equal(stdout.length, 100_000)
      })
      const session = await openSshSession({ target, hostKeys })
      await session.readText('/etc/hostname')
      const before = relay.passed()
      const text = session.run(['head', '-c', '200000', '/dev/urandom'])
      text.catch(() => undefined)
      await until(() => relay.passed() > before + 60_000)
      relay.cut()
      await assert.rejects(text, { code: 'connection-lost' })
      await session.close()
    } finally {
      relay.stop()
    }
  })

  /** The command's parent is timeout(1), which has a process group of its own; its parent is of our shell's group. */
  const endOurShell = 'p=$(cut -d " " -f 4 /proc/$PPID/stat); g=$(cut -d " " -f 5 /proc/$p/stat); kill -9 -$g; sleep 9'

  test('the end of the shell is told', async () => {
    await using(await open('root'), async (session) => {
      await assert.rejects(session.run(['sh', '-c', endOurShell]), {
        code: 'connection-lost',
      })
    })
  })

  test('waits aside for who does not answer or is silent, and for nobody else', async () => {
    const hole = await openBlackHole()
    try {
      let aside = 0
      const stepAside: SshOptions['stepAside'] = (wait, lateness) => {
        if (lateness === 'silent') aside += 1
        return wait
      }
      const at = { target: { ...server.hop(), port: hole.port }, stepAside }
      const limits = { connectTimeoutMs: 900, authenticateTimeoutMs: 900 }
      const codes = await Promise.all(
        Array.from({ length: 4 }, () =>
          open('root', { ...at, ...limits }).catch((error: TransportError) => error.code),
        ),
      )
      assert.deepEqual(new Set(codes), new Set(['timed-out', 'unreachable']))
      assert.equal(aside, 4)
      assert.equal(await whoIs('root', { stepAside }), 'root')
      assert.equal(aside, 4)
      // Greeted late, it is a session like any other.
      const hostKeys: HostKeys = { knownTypes: () => [], check: () => 'approved', approve: () => undefined }
      const relay = await startRelay(server.port, 600)
      const late = { ...at, target: { ...server.hop(), port: relay.port }, hostKeys }
      assert.equal(await whoIs('root', late).finally(() => relay.stop()), 'root')
      assert.equal(aside, 5)
      const controller = new AbortController()
      const opening = open('root', { ...at, signal: controller.signal })
      const began = performance.now()
      setTimeout(() => controller.abort(new Error('no more')), 50)
      await assert.rejects(opening, /no more/)
      assert.ok(performance.now() - began < 2000 * slowness())
    } finally {
      hole.stop()
    }
  })

  test('waits aside for who greets or lets in and then comes to a stand, up to the first answer', async () => {
    const greeter = createServer((socket) => void socket.write('SSH-2.0-OpenSSH_9.2\r\n')).listen(0, '127.0.0.1')
    await new Promise((resolve) => greeter.once('listening', resolve))
    const address = greeter.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    const lateness: string[] = []
    const stepAside: SshOptions['stepAside'] = (wait, how) => {
      lateness.push(how)
      return wait
    }
    try {
      const hanging = { stepAside, authenticateTimeoutMs: 3500, shellTimeoutMs: 3500 }
      await fails('root', { ...hanging, target: { ...server.hop(), port } }, 'timed-out', /did not finish the login/)
      assert.deepEqual(lateness, ['stuck'])
      await fails('hang', hanging, 'timed-out', /gave no shell/)
      assert.deepEqual(lateness, ['stuck', 'stuck'])
      await using(await open('root', { stepAside }), async (session) => {
        await session.run(['sleep', '3.5'])
        assert.equal(lateness.length, 3)
        // It has shown that it answers: what it does from here on takes its time.
        await session.run(['sleep', '3.5'])
        assert.equal(lateness.length, 3)
      })
    } finally {
      greeter.close()
    }
  })

  test('waits aside for who falls silent in the middle, and later for who is there and says nothing', async () => {
    const relay = await startRelay(server.port)
    const asides: { readonly who: string; readonly afterMs: number }[] = []
    let began = 0
    let mayStepAside = false
    const noting = (who: string): SshOptions['stepAside'] => {
      return (wait, lateness) => {
        if (lateness !== 'laden') return undefined
        // Where there is no room for it, it is asked again.
        if (!mayStepAside) return void (mayStepAside = true)
        asides.push({ who, afterMs: performance.now() - began })
        return wait
      }
    }
    const hostKeys: HostKeys = { knownTypes: () => [], check: () => 'approved', approve: () => undefined }
    const target = { ...server.hop(), port: relay.port }
    const stop = new AbortController()
    const silent = await open('root', { target, hostKeys, stepAside: noting('silent') })
    const busy = await open('root', { stepAside: noting('busy'), signal: stop.signal })
    try {
      await Promise.all([silent.run(['true']), busy.run(['true'])])
      began = performance.now()
      const ends = [silent, busy].map((session) => assert.rejects(session.run(['sleep', uniqueSeconds()])))
      relay.freeze()
      await until(() => asides.length === 2, 30_000 * slowness())
      assert.deepEqual(
        asides.map(({ who }) => who),
        ['silent', 'busy'],
      )
      // Its server told all the while that it is there.
      assert.ok((asides[1]?.afterMs ?? 0) > 9900, `${asides[1]?.afterMs} ms`)
      relay.cut()
      stop.abort(new Error('enough'))
      await Promise.all(ends)
    } finally {
      relay.stop()
      await Promise.all([silent.close(), busy.close()])
    }
  })

  test('says why nobody answers', async () => {
    const at = (host: string, port: number): Partial<SshOptions> => ({ target: { ...server.hop(), host, port } })
    await fails('root', at('127.0.0.1', await freePort()), 'connection-refused', /nothing listens at \[127.0.0.1\]/)
    for (const name of ['no-such-host.invalid', '--service=files']) {
      await fails('root', at(name, 22), 'unreachable', /its name is not known here/)
    }
    await fails('root', at('localhost', await freePort()), 'connection-refused', /nothing listens at/)
    const mute = createServer(() => undefined).listen(0, '127.0.0.1')
    await new Promise((resolve) => mute.once('listening', resolve))
    const address = mute.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    await fails(
      'root',
      { ...at('127.0.0.1', port), authenticateTimeoutMs: 400 },
      'timed-out',
      /did not finish the login in time/,
    )
    mute.close()
  })
})

function processesNamed(command: string): string[] {
  return execFileSync('ps', ['-eo', 'pid,args'], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line.trimEnd().endsWith(` ${command}`) && !line.includes('timeout'))
}

async function until(holds: () => boolean, limitMs = 10_000): Promise<void> {
  const deadline = Date.now() + limitMs
  while (!holds()) {
    if (Date.now() > deadline) throw new Error('it did not come to be')
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
