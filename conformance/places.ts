import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { mkdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { setTimeout } from 'node:timers/promises'

/** Where both scanners look: on this machine, in a root that they enter, at a root from outside, or in one that was booted. */
export type Place =
  | { readonly kind: 'host' }
  | { readonly kind: 'chroot' | 'offline' | 'booted'; readonly root: string }

/** A place that can be looked at now. */
export interface OpenPlace {
  readonly name: string
  /** Whoever scans may read everything. */
  readonly isRoot: boolean
  /** The root that is looked at from outside. */
  readonly offlineRoot: string | undefined
  /** The command as it is to be started here, so that it runs there. */
  readonly enter: (command: Command) => Command
  /** The same for the referee, where that is another one. */
  readonly enterReferee: (command: Command) => Command
  close(): Promise<void>
}

export type Command = readonly [string, ...string[]]

export interface PlaceOptions {
  /** Folders that are there under their own names. */
  readonly shared: readonly string[]
  /** Who scans, when that is not root. */
  readonly user?: string | undefined
  /** The root whose referee looks at another from outside. */
  readonly refereeRoot?: string | undefined
}

export async function openPlace(place: Place, { shared, user, refereeRoot }: PlaceOptions): Promise<OpenPlace> {
  const name = `${place.kind}${place.kind === 'host' ? '' : ` ${basename(place.root)}`}${user === undefined ? '' : ` as ${user}`}`
  const asUser = (command: Command): Command =>
    user === undefined ? command : ['runuser', '-u', user, '--', ...command]
  const isRoot = user === undefined || user === 'root'
  const nothing = async (): Promise<void> => {}
  if (place.kind === 'host') {
    return { name, isRoot, offlineRoot: undefined, enter: asUser, enterReferee: asUser, close: nothing }
  }
  if (place.kind === 'offline') {
    if (refereeRoot !== undefined) {
      for (const one of [...shared, place.root]) mkdirSync(join(refereeRoot, one), { recursive: true })
    }
    const enterReferee = (command: Command): Command =>
      refereeRoot === undefined ? asUser(command) : inside(refereeRoot, [...shared, place.root], asUser(command))
    return { name, isRoot, offlineRoot: place.root, enter: asUser, enterReferee, close: nothing }
  }
  for (const one of shared) mkdirSync(join(place.root, one), { recursive: true })
  if (place.kind === 'chroot') {
    const enter = (command: Command): Command => inside(place.root, shared, asUser(command))
    return { name, isRoot, offlineRoot: undefined, enter, enterReferee: enter, close: nothing }
  }
  const { leader, close } = await boot(place.root, shared)
  const enter = (command: Command): Command => ['nsenter', '-a', '-t', String(leader), '--', ...asUser(command)]
  return { name, isRoot, offlineRoot: undefined, enter, enterReferee: enter, close }
}

/**
 * The command in a root, in a mount namespace of its own: the shared folders are there under their own names, and all is
 * as it was when the command ends. Folders made for that stay, empty.
 */
function inside(root: string, shared: readonly string[], command: Command): Command {
  const mounts = [
    'mount --make-rprivate /',
    // What is no mount point has no mount of its root, so nothing could be told of its partition.
    'mount --bind "$0" "$0"',
    'mount -t proc proc "$0/proc"',
    ...shared.map((one) => `mount --bind ${one} "$0${one}"`),
    'exec chroot "$0" "$@"',
  ]
  return ['unshare', '-m', 'sh', '-ec', mounts.join('\n'), root, ...command]
}

const bootMs = 90_000
const shutdownMs = 20_000

/** The root with systemd as its first process, without a network. */
async function boot(root: string, shared: readonly string[]): Promise<{ leader: number; close: () => Promise<void> }> {
  const options = ['--boot', '--register=no', '--keep-unit', '--private-network', '--console=pipe']
  const binds = shared.map((one) => `--bind=${one}`)
  const child = spawn('systemd-nspawn', ['-D', root, ...options, ...binds], { stdio: ['ignore', 'ignore', 'pipe'] })
  let complaints = ''
  child.stderr.on('data', (chunk: Buffer) => (complaints += chunk.toString('utf8')))
  child.on('error', (error) => (complaints += error.message))
  const close = (): Promise<void> => shutDown(child)
  const until = performance.now() + bootMs
  while (performance.now() < until && child.exitCode === null && child.pid !== undefined) {
    const leader = firstChildOf(child.pid)
    if (leader !== undefined && isUp(leader)) return { leader, close }
    await setTimeout(200)
  }
  await close()
  throw new Error(`${root} was not booted within ${bootMs / 1000} s: ${complaints.slice(-500)}`)
}

function firstChildOf(pid: number): number | undefined {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ')
  return children[0] === '' || children[0] === undefined ? undefined : Number(children[0])
}

/** All units that were to be started are, or failed to. */
function isUp(leader: number): boolean {
  const asked = ['-a', '-t', String(leader), '--', 'systemctl', 'is-system-running']
  const { stdout } = spawnSync('nsenter', asked, { encoding: 'utf8', timeout: 10_000 })
  return ['running', 'degraded'].includes((stdout ?? '').trim())
}

async function shutDown(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGTERM')
  const late = new AbortController()
  const killed = setTimeout(shutdownMs, undefined, { signal: late.signal }).then(
    () => child.kill('SIGKILL'),
    () => false,
  )
  await ended
  late.abort()
  await killed
}

/** The folders that a scanner of ours needs in a place: the project, and the Node that runs it when that lies elsewhere. */
export function foldersOfOurs(project: string): string[] {
  const node = dirname(dirname(process.execPath))
  return [project, ...(node.startsWith(project) ? [] : [node])]
}
