import { execFileSync, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { makeKey } from '../packages/collect/src/transports/ssh/testing/sshd.ts'

/** Where roots made by debootstrap lie, with an SSH server in each: `bookworm`, `trixie`. `.ci/run` makes them. */
const rootsFolder = process.env['TEST_ROOTS']

/** Why no machines can be made of roots here; false when they can. */
export const noRoots: string | false =
  rootsFolder !== undefined &&
  ['bookworm', 'trixie'].every((name) => existsSync(join(rootsFolder, name, 'usr/sbin/sshd')))
    ? process.getuid?.() === 0
      ? false
      : 'network namespaces need root'
    : process.env['CI'] === 'true'
      ? false
      : 'TEST_ROOTS names no folder with debootstrap roots "bookworm" and "trixie"'

export const rootNamed = (name: string): string => join(rootsFolder ?? '', name)

export interface NamespaceHost {
  readonly name: string
  readonly address: string
  /** Of the interface that leads there, on our side. */
  readonly link: string
  /** Every file there but those of /dev and /proc: what a look at it cannot change, by path; once nobody is logged in any more. */
  files(): Promise<Map<string, string>>
  /** User and system time of all that has ended there. */
  cpuSeconds(): Promise<number>
  /** Lets nothing out any more, as a firewall that drops does. */
  firewall(): void
  /** Another machine answers at its address. */
  changeHostKey(): Promise<void>
  stop(): void
}

export interface HostOptions {
  readonly name: string
  /** A root with an SSH server in it; `busybox` is one with nothing but busybox, and this machine's SSH server before it. */
  readonly root: string
  readonly clientKey: string
  readonly settings?: readonly string[]
  /** Shell commands before the server starts; `$R` is the root as this machine has it. */
  readonly setUp?: string
}

let made = 0

/**
 * A machine of its own as far as can be seen by SSH: network, processes, name and file system. Its root is the given one
 * with a layer over it that goes with it, so nothing is written there.
 */
export async function startNamespaceHost(options: HostOptions): Promise<NamespaceHost> {
  const { name, root, clientKey } = options
  made += 1
  const id = `pl${process.pid % 100_000}-${made}`
  const net = `10.${200 + (process.pid % 50)}.${(process.pid >> 4) % 250}.${made * 4}`
  const [ours, theirs] = [1, 2].map((one) => net.replace(/\d+$/, (last) => String(Number(last) + one)))
  const folder = mkdtempSync('/run/plumbline-host-')
  const keys = join(folder, 'keys')
  mkdirSync(keys)
  makeKey(join(keys, 'host'))
  writeFileSync(join(keys, 'authorized'), `${clientKey}\n`, { mode: 0o644 })
  const ip = (...words: readonly string[]): void => void execFileSync('ip', words, { stdio: 'pipe' })
  ip('netns', 'add', id)
  ip('link', 'add', `${id}a`, 'type', 'veth', 'peer', 'name', `${id}b`)
  ip('link', 'set', `${id}b`, 'netns', id)
  ip('address', 'add', `${ours}/30`, 'dev', `${id}a`)
  ip('link', 'set', `${id}a`, 'up')
  ip('-n', id, 'link', 'set', 'lo', 'up')
  ip('-n', id, 'address', 'add', `${theirs}/30`, 'dev', `${id}b`)
  ip('-n', id, 'link', 'set', `${id}b`, 'up')
  const script = root === 'busybox' ? busyboxScript(folder) : rootScript
  const config = [
    ...(options.settings ?? []),
    `HostKey ${root === 'busybox' ? keys : '/run/plumbline'}/host`,
    `AuthorizedKeysFile ${root === 'busybox' ? keys : '/run/plumbline'}/authorized`,
    ...(root === 'busybox' ? [`ChrootDirectory ${folder}/root`] : []),
    'PermitRootLogin yes',
    'UsePAM no',
    'PasswordAuthentication no',
    'StrictModes no',
    'PidFile none',
    'MaxStartups 100',
    'LogLevel ERROR',
    '',
  ]
  writeFileSync(join(keys, 'sshd_config'), config.join('\n'))
  let server: ChildProcess
  const start = async (): Promise<void> => {
    const log: string[] = []
    const commands = ['unshare', '--mount', '--pid', '--fork', '--kill-child', '--uts', 'sh', '-c']
    server = spawn('ip', ['netns', 'exec', id, ...commands, `set -e\n${script}`], {
      env: { PATH: process.env['PATH'], F: folder, ROOT: root, NAME: name, SETUP: options.setUp ?? ':' },
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    server.stderr?.on('data', (chunk: Buffer) => log.push(chunk.toString()))
    await untilOpen(theirs ?? '', () => {
      if (server.exitCode !== null) throw new Error(`the SSH server of ${name} ended: ${log.join('')}`)
    })
  }
  const stop = (): void => {
    server.kill('SIGKILL')
    try {
      ip('link', 'del', `${id}a`)
      ip('netns', 'del', id)
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  }
  try {
    await start()
  } catch (error) {
    // What is left of it would be seen by whoever looks at this machine's network.
    stop()
    throw error
  }
  /** The process of the SSH server. A session has ended when the server has waited for it, a moment after the client has gone. */
  const idle = async (): Promise<string> => {
    const [first = ''] = childrenOf(server.pid)
    for (const end = Date.now() + 10_000; childrenOf(first).length > 0 && Date.now() < end;) {
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    return first
  }
  return {
    name,
    address: theirs ?? '',
    link: `${id}a`,
    files: async () => listFiles(`/proc/${await idle()}/root`),
    async cpuSeconds() {
      const first = await idle()
      const fields = readFileSync(`/proc/${first}/stat`, 'utf8')
        .replace(/^.*\) /, '')
        .split(' ')
      // Of the SSH server and its children that it waited for, in ticks of a hundredth of a second.
      return [11, 12, 13, 14].reduce((sum, at) => sum + Number(fields[at]), 0) / 100
    },
    firewall: () => ip('-n', id, 'route', 'add', 'blackhole', `${ours}/32`),
    async changeHostKey() {
      await ended(server)
      rmSync(join(keys, 'host'))
      rmSync(join(keys, 'host.pub'))
      makeKey(join(keys, 'host'))
      await start()
    },
    stop,
  }
}

/** Kind, size, time of the last change, mode and owner. */
function listFiles(root: string): Map<string, string> {
  const format = '/%P\\t%y %s %T@ %m %U:%G %l\\0'
  const list = (folder: string): string[] =>
    execFileSync('find', [`${root}${folder}/`, '-xdev', '-printf', format.replace('/', `${folder}/`)], {
      encoding: 'utf8',
      maxBuffer: 1 << 28,
    }).split('\0')
  const lines = [...list(''), ...list('/run')].filter((line) => line !== '')
  return new Map(
    lines.map((line) => {
      const end = line.indexOf('\t')
      return [line.slice(0, end).replace(/(?<=.)\/$/, ''), line.slice(end + 1)]
    }),
  )
}

const childrenOf = (pid: number | string | undefined): string[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
    .split(' ')
    .filter((child) => child !== '')

const rootScript = `
mount --make-rprivate /
mkdir -p "$F/disk"
mount -t tmpfs tmpfs "$F/disk"
mkdir "$F/disk/up" "$F/disk/work" "$F/disk/root"
mount -t overlay overlay -o "lowerdir=$ROOT,upperdir=$F/disk/up,workdir=$F/disk/work" "$F/disk/root"
R="$F/disk/root"
mount --rbind /dev "$R/dev"
mount -t proc proc "$R/proc"
mount -t tmpfs -o mode=755 tmpfs "$R/run"
mkdir -p "$R/run/sshd" "$R/run/plumbline"
cp "$F/keys/host" "$F/keys/authorized" "$F/keys/sshd_config" "$R/run/plumbline"
hostname "$NAME"
eval "$SETUP"
exec chroot "$R" /usr/sbin/sshd -D -e -f /run/plumbline/sshd_config`

/** The server is this machine's: busybox has none. Whoever logs in sees busybox and nothing else. */
function busyboxScript(folder: string): string {
  const root = join(folder, 'root')
  for (const name of ['bin', 'etc', 'proc', 'root', 'dev', 'tmp']) mkdirSync(join(root, name), { recursive: true })
  cpSync('/bin/busybox', join(root, 'bin/busybox'))
  for (const applet of execFileSync('/bin/busybox', ['--list'], { encoding: 'utf8' }).trim().split('\n')) {
    if (applet !== 'busybox') symlinkSync('busybox', join(root, 'bin', applet))
  }
  writeFileSync(join(root, 'etc/passwd'), 'root:x:0:0:root:/root:/bin/sh\n')
  writeFileSync(join(root, 'etc/group'), 'root:x:0:\n')
  writeFileSync(join(root, 'etc/os-release'), 'NAME=BusyBox\nPRETTY_NAME="A busybox"\nVERSION_ID=1\n')
  return `
mount --make-rprivate /
cp -a /etc "$F/etc"
sed -i '/^root:/s#:[^:]*$#:/bin/sh#' "$F/etc/passwd"
mount --bind "$F/etc" /etc
mount --rbind /dev "$F/root/dev"
mount -t proc proc "$F/root/proc"
mkdir -p /run/sshd
hostname "$NAME"
eval "$SETUP"
exec /usr/sbin/sshd -D -e -f "$F/keys/sshd_config"`
}

async function ended(server: ChildProcess): Promise<void> {
  const exit = new Promise((resolve) => server.once('exit', resolve))
  server.kill('SIGKILL')
  await exit
}

async function untilOpen(address: string, check: () => void): Promise<void> {
  for (const end = Date.now() + 20_000; Date.now() < end;) {
    check()
    const isOpen = await new Promise<boolean>((resolve) => {
      const socket = connect({ port: 22, host: address, timeout: 1000 })
      socket.once('data', () => resolve(true))
      for (const event of ['error', 'timeout', 'close']) socket.once(event, () => resolve(false))
      socket.once('data', () => socket.destroy())
    })
    if (isOpen) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error(`no SSH server answers at ${address}`)
}
