import { TransportError } from '../errors.ts'
import { parseMountInfo, remoteFileSystems, type Mount } from '../parsers/mount-info.ts'
import type { Session } from '../session.ts'

/** How far a walk goes (OVAL unix definitions schema, FileBehaviors). */
export interface Reach {
  readonly direction: 'down' | 'none' | 'up'
  /** Levels below (or above) the start; undefined: all. */
  readonly depth: number | undefined
  readonly followLinks: boolean
  readonly followDirectories: boolean
  readonly fileSystems: 'all' | 'defined' | 'local'
}

export function readReach(behaviors: Readonly<Record<string, string>>): Reach {
  const recurse = behaviors['recurse'] ?? 'symlinks and directories'
  const direction = behaviors['recurse_direction']
  const fileSystems = behaviors['recurse_file_system']
  const depth = Number(behaviors['max_depth'] ?? '-1')
  return {
    direction: direction === 'down' || direction === 'up' ? direction : 'none',
    depth: Number.isInteger(depth) && depth >= 0 ? depth : undefined,
    followLinks: recurse.includes('symlinks'),
    followDirectories: recurse.includes('directories'),
    fileSystems: fileSystems === 'local' || fileSystems === 'defined' ? fileSystems : 'all',
  }
}

/** Processes come and go, and parts of them cannot be read by anybody: a walk enters only when it begins there. */
const processes = '/proc'

/** Where a walk does not go on. */
export interface Bars {
  /** Directories that it meets and does not enter: where other file systems begin. */
  readonly points: ReadonlySet<string>
  /** Whether a real directory, to which a link led, is in such a file system. */
  readonly holds: (real: string) => boolean
}

/**
 * Where file systems begin that a walk is not to look into. What is mounted in a root that is only looked at is not known:
 * all of it counts as one local file system, as with the referee.
 */
export async function barsFor(session: Session, start: string, fileSystems: Reach['fileSystems']): Promise<Bars> {
  const isInProcesses = (path: string): boolean => path === processes || path.startsWith(`${processes}/`)
  const always = isInProcesses(start) ? [] : [processes]
  if (fileSystems === 'all' || !session.canRun) {
    return { points: new Set(always), holds: (real) => always.length > 0 && isInProcesses(real) }
  }
  const mounts = await readMounts(session)
  const home = mountOf(mounts, start)
  const isBarred = (mount: Mount | undefined): boolean =>
    mount !== undefined && (fileSystems === 'local' ? isRemote(mount) : mount.device !== home?.device)
  return {
    points: new Set([...mounts.filter(isBarred).map(({ mountPoint }) => mountPoint), ...always]),
    holds: (real) => (always.length > 0 && isInProcesses(real)) || isBarred(mountOf(mounts, real)),
  }
}

/** As the referee tells: by the type, or by a source such as `//server/share` or `server:/share`. */
export function isRemote({ type, source }: Mount): boolean {
  return remoteFileSystems.has(type) || source.startsWith('//') || /^[^/:]+:/.test(source)
}

export function readMounts(session: Session): Promise<Mount[]> {
  return session.once('mounts', async () => {
    const text = await session.readText('/proc/self/mountinfo')
    if (text === undefined) {
      throw new TransportError(
        'not-possible-offline',
        `the mounted file systems of ${session.asset} are not known: it has no /proc`,
      )
    }
    return parseMountInfo(text)
  })
}

function mountOf(mounts: readonly Mount[], path: string): Mount | undefined {
  let found: Mount | undefined
  for (const mount of mounts) {
    const { mountPoint } = mount
    if (mountPoint !== '/' && path !== mountPoint && !path.startsWith(`${mountPoint}/`)) continue
    // Of two at one place the later lies over the other.
    if (found === undefined || mountPoint.length >= found.mountPoint.length) found = mount
  }
  return found
}
