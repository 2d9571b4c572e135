import { needsPassphrase } from '../ssh-session.ts'
import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { createHmac, generateKeyPairSync, randomBytes } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { hostKeyName, openKnownHosts, type HostKeys } from './known-hosts.ts'
import { openSshSession, type SshOptions } from './ssh.ts'
import { makeKey, noSshd, publicKey, startSshd, type TestServer } from './testing/sshd.ts'

const setUp = String.raw`
useradd -M -d / -s /bin/sh plain
printf 'plain:right one\n' | chpasswd -c SHA512
`

describe('logging in over SSH', { skip: noSshd }, () => {
  let server: TestServer
  before(async () => {
    server = await startSshd({
      setUp,
      settings: ['PasswordAuthentication yes', 'MaxAuthTries 20', 'AllowTcpForwarding yes'],
    })
  })
  after(() => server.stop())

  const logIn = async (options: Partial<SshOptions>): Promise<string> => {
    const session = await openSshSession({ target: server.hop(), hostKeys: server.hostKeys, ...options })
    try {
      return Buffer.from((await session.run(['id', '-un'])).stdout)
        .toString()
        .trim()
    } finally {
      await session.close()
    }
  }
  const withKey = (text: string, passphrase?: string): Partial<SshOptions> => ({
    target: { ...server.hop(), credentials: { keys: [{ name: 'the key', text, passphrase }] } },
  })
  const authorise = (publicLine: string): void =>
    writeFileSync(
      join(server.folder, 'authorized'),
      `${readFileSync(join(server.folder, 'authorized'), 'utf8')}${publicLine}\n`,
    )

  for (const type of ['ed25519', 'rsa', 'ecdsa']) {
    test(`takes a key of type ${type} with a passphrase`, async () => {
      const path = join(server.folder, type)
      makeKey(path, type, 'secret one')
      authorise(readFileSync(`${path}.pub`, 'utf8').trim())
      const text = readFileSync(path, 'utf8')
      assert.equal(await logIn(withKey(text, 'secret one')), 'root')
      const unusable = { name: 'TransportError', code: 'credential-unusable' }
      await assert.rejects(logIn(withKey(text)), { ...unusable, message: /a passphrase, which was not given/ })
      await assert.rejects(logIn(withKey(text, 'wrong')), { ...unusable, message: /the passphrase is wrong/ })
    })
  }

  test('takes a key in the form PKCS#8, and refuses what is no private key without repeating it', async () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const path = join(server.folder, 'pkcs1')
    writeFileSync(path, privateKey.export({ format: 'pem', type: 'pkcs1' }), { mode: 0o600 })
    authorise(execFileSync('ssh-keygen', ['-y', '-f', path], { encoding: 'utf8' }).trim())
    assert.equal(await logIn(withKey(privateKey.export({ format: 'pem', type: 'pkcs8' }).toString())), 'root')
    const locked = { format: 'pem', type: 'pkcs8', cipher: 'aes-256-cbc', passphrase: 'secret one' } as const
    const text = privateKey.export(locked).toString()
    assert.equal(await needsPassphrase(text), true)
    assert.equal(await logIn(withKey(text, 'secret one')), 'root')
    await assert.rejects(logIn(withKey(text)), { message: /a passphrase, which was not given/ })
    await assert.rejects(logIn(withKey(text, 'wrong')), { message: /the passphrase is wrong/ })
    await assert.rejects(logIn(withKey('my secret')), (error: Error) => !error.message.includes('my secret'))
  })

  test('takes a password, and says that it is not the one', async () => {
    const target = (password: string): Partial<SshOptions> => ({
      target: { ...server.hop('plain'), credentials: { password } },
    })
    assert.equal(await logIn(target('right one')), 'plain')
    await assert.rejects(logIn(target('wrong')), (error: Error & { code?: string }) => {
      assert.equal(error.code, 'auth-refused')
      assert.match(error.message, /refused plain: none of the keys or passwords/)
      return !error.message.includes('wrong')
    })
  })

  test('answers the questions of keyboard-interactive with the password', async (context) => {
    if (!existsSync('/etc/pam.d/sshd')) return context.skip('PAM has no service for sshd')
    const asking = await startSshd({
      setUp,
      settings: ['UsePAM yes', 'KbdInteractiveAuthentication yes', 'AuthenticationMethods keyboard-interactive'],
    })
    try {
      const target = { ...asking.hop('plain'), credentials: { password: 'right one' } }
      assert.equal(await logIn({ target, hostKeys: asking.hostKeys }), 'plain')
    } finally {
      asking.stop()
    }
  })

  describe('by certificate', () => {
    let trusting: TestServer
    before(async () => {
      const path = join(server.folder, 'authority')
      makeKey(path)
      trusting = await startSshd({
        setUp,
        settings: [`TrustedUserCAKeys ${path}.pub`, 'AuthorizedKeysFile none', 'MaxAuthTries 20'],
      })
    })
    after(() => trusting.stop())
    /** A key that only its certificate lets in. */
    const certified = (name: string, type: string, ...options: readonly string[]): string => {
      const path = join(trusting.folder, name)
      makeKey(path, type)
      const sign = ['-q', '-s', join(server.folder, 'authority'), '-I', name, '-n', 'plain', ...options]
      execFileSync('ssh-keygen', [...sign, `${path}.pub`])
      return path
    }
    const textOf = (path: string, certificate = path): string =>
      readFileSync(path, 'utf8') + readFileSync(`${certificate}-cert.pub`, 'utf8')
    const by = (text: string): Promise<string> =>
      logIn({
        target: { ...trusting.hop('plain'), credentials: { keys: [{ name: 'the key', text }] } },
        hostKeys: trusting.hostKeys,
      })

    for (const type of ['ed25519', 'rsa', 'ecdsa']) {
      test(`of a key of type ${type}`, async () => {
        const path = certified(type, type)
        assert.equal(await by(textOf(path)), 'plain')
        await assert.rejects(by(readFileSync(path, 'utf8')), { code: 'auth-refused' })
      })
    }

    test('refused, says since when it is over; the key itself is tried as well', async () => {
      const path = certified('over', 'ed25519', '-V', '20200101:20200102')
      await assert.rejects(by(textOf(path)), {
        code: 'auth-refused',
        message: /the certificate of the key was valid until 2020-01-0\dT/,
      })
      authorise(readFileSync(`${path}.pub`, 'utf8').trim())
      assert.equal(await logIn(withKey(textOf(path))), 'root')
    })

    test('but not by one of another key, or of a host', async () => {
      const [path, other] = [certified('one', 'ed25519'), certified('other', 'ed25519')]
      const unusable = (message: RegExp) => ({ code: 'credential-unusable', message })
      await assert.rejects(by(textOf(path, other)), unusable(/it is made for another key/))
      await assert.rejects(by(textOf(certified('host-key', 'ed25519', '-h'))), unusable(/it is made for a host/))
    })

    test('that an agent holds', async (context) => {
      const agent = join(trusting.folder, 'agent')
      const started = spawnSync('ssh-agent', ['-a', agent], { encoding: 'utf8' })
      if (started.status !== 0) return context.skip('ssh-agent is not installed')
      const pid = Number(/SSH_AGENT_PID=(\d+)/.exec(started.stdout)?.[1])
      try {
        for (const type of ['rsa', 'ecdsa']) {
          const path = certified(`${type}-of-agent`, type)
          execFileSync('ssh-add', ['-q', path], { env: { ...process.env, SSH_AUTH_SOCK: agent }, stdio: 'ignore' })
          const target = { ...trusting.hop('plain'), credentials: { agent } }
          assert.equal(await logIn({ target, hostKeys: trusting.hostKeys }), 'plain')
          execFileSync('ssh-add', ['-q', '-D'], { env: { ...process.env, SSH_AUTH_SOCK: agent }, stdio: 'ignore' })
        }
      } finally {
        process.kill(pid)
      }
    })
  })

  test('asks an agent', async (context) => {
    const started = spawnSync('ssh-agent', ['-a', join(server.folder, 'agent')], { encoding: 'utf8' })
    if (started.status !== 0) return context.skip('ssh-agent is not installed')
    const pid = Number(/SSH_AGENT_PID=(\d+)/.exec(started.stdout)?.[1])
    try {
      const agent = join(server.folder, 'agent')
      execFileSync('ssh-add', ['-q', join(server.folder, 'client')], { env: { ...process.env, SSH_AUTH_SOCK: agent } })
      assert.equal(await logIn({ target: { ...server.hop(), credentials: { agent } } }), 'root')
      await assert.rejects(logIn({ target: { ...server.hop(), credentials: { agent: `${agent}-not` } } }), {
        code: /auth-refused|credential-unusable/,
      })
    } finally {
      process.kill(pid)
    }
  })

  test('goes through jump hosts', async () => {
    const last = await startSshd()
    try {
      const hostKeys: HostKeys = {
        knownTypes: () => [],
        check: (host, key) =>
          [server, last].some((one) => one.hostKeys.check(host, key) === 'approved') ? 'approved' : 'unknown',
        approve: () => undefined,
      }
      assert.equal(
        await logIn({ target: last.hop(), jumps: [server.hop('root'), server.hop('root')], hostKeys }),
        'root',
      )
      await assert.rejects(logIn({ target: { ...last.hop(), port: 1 }, jumps: [server.hop()], hostKeys }), {
        code: 'unreachable',
        message: /cannot reach \[127.0.0.1\]:1 from 127.0.0.1/,
      })
    } finally {
      last.stop()
    }
  })

  test('refuses outdated algorithms, unless they are allowed for this asset', async () => {
    const old = await startSshd({
      settings: ['Ciphers aes128-cbc', 'KexAlgorithms diffie-hellman-group14-sha1', 'MACs hmac-sha1'],
    })
    try {
      const target = old.hop()
      await assert.rejects(logIn({ target, hostKeys: old.hostKeys }), { code: 'no-common-algorithm' })
      assert.equal(await logIn({ target: { ...target, legacyAlgorithms: true }, hostKeys: old.hostKeys }), 'root')
    } finally {
      old.stop()
    }
  })

  describe('the host key', () => {
    const own = (): Buffer => publicKey(join(server.folder, 'host.pub'))
    const name = (): string => hostKeyName('127.0.0.1', server.port)
    const known = (...lines: readonly string[]): HostKeys => {
      const path = join(server.folder, `known-${randomBytes(4).toString('hex')}`)
      writeFileSync(path, lines.map((line) => `${line}\n`).join(''))
      return openKnownHosts(path)
    }
    const line = (host: string, key = own()): string => `${host} ssh-ed25519 ${key.toString('base64')}`
    const other = (): Buffer => publicKey(join(server.folder, 'client.pub'))

    test('is refused when it is not known, and approved at the first use if that is wanted', async () => {
      const hostKeys = known()
      await assert.rejects(logIn({ hostKeys }), { code: 'host-key-unknown', message: /ssh-ed25519 SHA256:[\w+/]{43};/ })
      assert.equal(await logIn({ hostKeys, unknownHostKey: 'accept-new' }), 'root')
      assert.equal(await logIn({ hostKeys }), 'root')
    })

    test('that changed is refused, whatever is wanted of new ones', async () => {
      for (const unknownHostKey of ['refuse', 'accept-new'] as const) {
        await assert.rejects(logIn({ hostKeys: known(line(name(), other())), unknownHostKey }), {
          code: 'host-key-changed',
        })
      }
    })

    test('is looked up as OpenSSH does: patterns, hashed names, withdrawn keys', async () => {
      const salt = randomBytes(20)
      const hash = createHmac('sha1', salt).update(name()).digest('base64')
      assert.equal(await logIn({ hostKeys: known(line(`|1|${salt.toString('base64')}|${hash}`)) }), 'root')
      assert.equal(await logIn({ hostKeys: known('# comment', line(`web-1,[127.*]:*`)) }), 'root')
      await assert.rejects(logIn({ hostKeys: known(line(`*,!${name()}`)) }), { code: 'host-key-unknown' })
      await assert.rejects(logIn({ hostKeys: known(line(name()), `@revoked ${line('*')}`) }), {
        code: 'host-key-changed',
        message: /revoked/,
      })
      // Without port and brackets it is the key of port 22.
      await assert.rejects(logIn({ hostKeys: known(line('127.0.0.1')) }), { code: 'host-key-unknown' })
    })
  })
})
