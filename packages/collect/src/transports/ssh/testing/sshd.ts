import { execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import type { SshHop } from '../connect.ts'
import { hostKeyName, openKnownHosts, type HostKeys } from '../known-hosts.ts'

/** Why no real SSH server can be started here; false when one can. Fits `{ skip }` of a test. */
export const noSshd: string | false = !existsSync('/usr/sbin/sshd')
  ? 'sshd is not installed'
  : process.getuid?.() === 0
    ? false
    : 'an SSH server for other accounts needs root'

export interface TestServer {
  readonly port: number
  readonly folder: string
  readonly hostKeys: HostKeys
  /** The client's key, that is authorised for every account. */
  readonly key: string
  hop(user?: string): SshHop
  /** Reads configuration and host key anew; new connections meet those. */
  reload(): void
  stop(): void
}

export interface ServerOptions {
  /** Lines for sshd_config, which come before ours. */
  readonly settings?: readonly string[]
  /** Shell commands that set the machine up as only this server sees it: accounts, sudoers, mounts. `$F` is the server's folder. */
  readonly setUp?: string
}

/**
 * A real sshd on a port of its own, with a host key and authorised keys of its own, all in one folder that goes with it.
 * It has an /etc of its own too: what the test sets up there, this machine does not see.
 */
export async function startSshd({ settings = [], setUp = '' }: ServerOptions = {}): Promise<TestServer> {
  // Not below /tmp itself: sshd wants that nobody else can write on the way to the authorised keys.
  const folder = mkdtempSync('/run/plumbline-sshd-')
  for (const name of ['host', 'client']) makeKey(join(folder, name))
  writeFileSync(join(folder, 'authorized'), readFileSync(join(folder, 'client.pub')))
  mkdirSync('/run/sshd', { recursive: true })
  const port = await freePort()
  const config = join(folder, 'sshd_config')
  writeFileSync(
    config,
    // Of several values for a setting sshd takes the first.
    [
      ...settings,
      `ListenAddress 127.0.0.1:${port}`,
      `HostKey ${join(folder, 'host')}`,
      `AuthorizedKeysFile ${join(folder, 'authorized')}`,
      'PidFile none',
      'PermitRootLogin yes',
      'UsePAM no',
      'PasswordAuthentication no',
      'StrictModes no',
      'LogLevel ERROR',
      '',
    ].join('\n'),
  )
  const log: string[] = []
  const ownEtc = 'cp -a /etc "$F/etc" && mount --bind "$F/etc" /etc'
  const script = `set -e\n${setUp === '' ? '' : `${ownEtc}\n${setUp}`}\nexec /usr/sbin/sshd -D -e -f "$F/sshd_config"`
  const server = spawn('unshare', ['--mount', 'sh', '-c', script], {
    env: { ...process.env, F: folder },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  server.stderr.on('data', (chunk: Buffer) => log.push(chunk.toString()))
  try {
    await untilListening(port, () => {
      if (server.exitCode !== null) throw new Error(`sshd ended: ${log.join('')}`)
    })
  } catch (error) {
    // It would keep the test from ending.
    server.kill()
    rmSync(folder, { recursive: true, force: true })
    throw error
  }
  const hostKeys = openKnownHosts(join(folder, 'known_hosts'))
  await hostKeys.approve(hostKeyName('127.0.0.1', port), publicKey(join(folder, 'host.pub')))
  const key = readFileSync(join(folder, 'client'), 'utf8')
  return {
    port,
    folder,
    hostKeys,
    key,
    hop: (user = 'root') => ({ host: '127.0.0.1', port, user, credentials: { keys: [{ name: 'client', text: key }] } }),
    reload: () => void server.kill('SIGHUP'),
    stop() {
      server.kill()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

export function makeKey(path: string, type = 'ed25519', passphrase = ''): void {
  execFileSync('ssh-keygen', ['-q', '-t', type, '-N', passphrase, '-C', 'test', '-f', path])
}

export const publicKey = (path: string): Buffer => Buffer.from(readFileSync(path, 'utf8').split(' ')[1] ?? '', 'base64')

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}

async function untilListening(port: number, check: () => void): Promise<void> {
  // What sets the machine up takes its time where others are at work.
  const deadline = Date.now() + 60_000
  for (;;) {
    check()
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1')
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
      socket.once('close', () => resolve(false))
      socket.once('connect', () => socket.destroy())
    })
    if (open) return
    if (Date.now() > deadline) throw new Error('sshd does not listen')
  }
}
