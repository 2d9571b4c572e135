import { compilePattern, type Pattern } from '@plumbline/scap'
import { TransportError } from './errors.ts'
import { parseMountInfo, remoteFileSystems, type Mount } from './parsers/mount-info.ts'
import type { DirectoryEntry, Session } from './session.ts'
import type { Asked, ObjectEntity } from './test-type.ts'

/** A file or directory that an object asks for. `filename` undefined: the directory itself. */
export interface FoundPath {
  readonly path: string
  readonly filename: string | undefined
}

/** How far a walk goes (OVAL unix definitions schema, FileBehaviors). */
interface Reach {
  readonly direction: 'down' | 'none' | 'up'
  /** Levels below (or above) the start; -1: all. */
  readonly depth: number
  readonly followLinks: boolean
  readonly followDirectories: boolean
  readonly fileSystems: 'all' | 'defined' | 'local'
}

export type FileEntity = 'filename' | 'filepath' | 'path'

/**
 * The files that `filepath`, or `path` with `filename`, name. Fails as a whole when a directory on the way cannot be
 * read: what we could not look into is not empty.
 */
export async function findFiles(session: Session, asked: Asked<FileEntity>): Promise<FoundPath[]> {
  const found = asked.has('filepath')
    ? await byFilePath(session, asked.object.filepath, asked.maxItems)
    : await byPathAndName(session, asked)
  return found.sort((one, other) => (fullPath(one) < fullPath(other) ? -1 : 1))
}

export function fullPath({ path, filename }: FoundPath): string {
  if (filename === undefined) return path
  return path === '/' ? `/${filename}` : `${path}/${filename}`
}

async function byFilePath(session: Session, filepath: ObjectEntity, maxItems: number): Promise<FoundPath[]> {
  if (filepath.literals !== undefined) {
    const each = await Promise.all(filepath.literals.map((literal) => existingFile(session, literal)))
    return each.filter((one) => one !== undefined)
  }
  const found: FoundPath[] = []
  const reach = { ...readReach({}), direction: 'down' as const }
  for (const start of startsOf(filepath)) {
    await walkDown(session, start, reach, startGuard(filepath), (path, entries) => {
      for (const { name, kind } of entries ?? []) {
        if (kind !== 'directory' && filepath.matches(fullPath({ path, filename: name })))
          found.push({ path, filename: name })
      }
      return found.length <= maxItems
    })
  }
  return distinct(found)
}

async function existingFile(session: Session, literal: string): Promise<FoundPath | undefined> {
  if (!literal.startsWith('/')) return undefined
  const status = await session.status(literal)
  if (status === undefined || status.kind === 'directory') return undefined
  const slash = literal.lastIndexOf('/')
  return { path: literal.slice(0, slash) || '/', filename: literal.slice(slash + 1) }
}

async function byPathAndName(session: Session, asked: Asked<FileEntity>): Promise<FoundPath[]> {
  const { path, filename } = asked.object
  const wantsDirectory = !asked.has('filename') || filename.isNil
  const reach = readReach(asked.behaviors)
  const found: FoundPath[] = []
  const take = (directory: string, entries: readonly DirectoryEntry[] | undefined): boolean => {
    if (wantsDirectory) found.push({ path: directory, filename: undefined })
    for (const { name, kind } of entries ?? []) {
      if (!wantsDirectory && kind !== 'directory' && filename.matches(name))
        found.push({ path: directory, filename: name })
    }
    return found.length <= asked.maxItems
  }
  if (path.literals !== undefined) {
    for (const literal of path.literals) {
      const start = literal === '/' ? '/' : literal.replace(/\/+$/, '')
      if (!start.startsWith('/') || !(await isDirectory(session, start))) continue
      const names =
        reach.direction === 'none' && !wantsDirectory && filename.literals !== undefined ? filename.literals : undefined
      if (names !== undefined) found.push(...(await namedFiles(session, start, names)))
      else if (reach.direction === 'up') await walkUp(session, start, reach.depth, wantsDirectory, take)
      else await walkDown(session, start, reach, undefined, take, wantsDirectory && reach.direction === 'none')
    }
    return distinct(found)
  }
  const everywhere = { ...reach, direction: 'down' as const, depth: -1 }
  for (const start of startsOf(path)) {
    await walkDown(session, start, everywhere, startGuard(path), (directory, entries) =>
      path.matches(directory) ? take(directory, entries) : true,
    )
  }
  return distinct(found)
}

async function namedFiles(session: Session, path: string, names: readonly string[]): Promise<FoundPath[]> {
  const each = await Promise.all(
    names.map(async (filename) => {
      const status = await session.status(fullPath({ path, filename }))
      return status === undefined || status.kind === 'directory' ? undefined : { path, filename }
    }),
  )
  return each.filter((one) => one !== undefined)
}

function readReach(behaviors: Readonly<Record<string, string>>): Reach {
  const recurse = behaviors['recurse'] ?? 'symlinks and directories'
  const direction = behaviors['recurse_direction']
  const fileSystems = behaviors['recurse_file_system']
  return {
    direction: direction === 'down' || direction === 'up' ? direction : 'none',
    depth: Number(behaviors['max_depth'] ?? '-1'),
    followLinks: recurse.includes('symlinks'),
    followDirectories: recurse.includes('directories'),
    fileSystems: fileSystems === 'local' || fileSystems === 'defined' ? fileSystems : 'all',
  }
}

/** Where a walk for a pattern must begin: at the last directory of what all matches begin with. */
function startsOf(entity: ObjectEntity): string[] {
  const prefixes = anchored(entity)?.map(({ prefix }) => prefix) ?? ['/']
  return [...new Set(prefixes.map((prefix) => prefix.slice(0, prefix.lastIndexOf('/')) || '/'))]
}

/** As the referee does, a pattern for a path counts from its beginning. */
function anchored(entity: ObjectEntity): Pattern[] | undefined {
  return entity.patterns?.map(({ source }) => compilePattern(source.startsWith('^') ? source : `^${source}`))
}

/** Whether anything below a directory could match: it must agree with the fixed beginning of a pattern. */
function startGuard(entity: ObjectEntity): ((directory: string) => boolean) | undefined {
  const prefixes = anchored(entity)?.map(({ prefix }) => prefix)
  if (prefixes === undefined) return undefined
  return (directory) => prefixes.some((prefix) => directory.startsWith(prefix) || prefix.startsWith(directory))
}

/** Several objects walk the same directories; each is listed once. */
const listOnce = (session: Session, directory: string): Promise<readonly DirectoryEntry[] | undefined> =>
  session.once(`directory ${directory}`, () => session.list(directory))

/** Directories looked into at a time. */
const parallel = 16

/** Processes come and go, and parts of them cannot be read by anybody: a walk enters only when it begins there. */
const processes = '/proc'

/** Visits a directory and what is below it; `visit` answers whether to go on. */
async function walkDown(
  session: Session,
  start: string,
  reach: Reach,
  mayHold: ((directory: string) => boolean) | undefined,
  visit: (directory: string, entries: readonly DirectoryEntry[] | undefined) => boolean,
  withoutEntries = false,
): Promise<void> {
  if (withoutEntries) {
    visit(start, undefined)
    return
  }
  const crossing = await fileSystemGuard(session, start, reach.fileSystems)
  const seen = new Set<string>()
  const waiting: { directory: string; level: number }[] = [{ directory: start, level: 0 }]
  let going = true
  const lookInto = async ({ directory, level }: { directory: string; level: number }): Promise<void> => {
    const entries = await listOnce(session, directory)
    if (entries === undefined) return
    going = visit(directory, entries) && going
    if (reach.direction !== 'down' || (reach.depth >= 0 && level >= reach.depth)) return
    for (const { name, kind } of entries) {
      // Most entries are files: nothing is asked about them here.
      const isLink = kind === 'symbolic link' && reach.followLinks
      if (!isLink && !(kind === 'directory' && reach.followDirectories)) continue
      const below = fullPath({ path: directory, filename: name })
      if (below === processes || mayHold?.(below) === false || !crossing(below)) continue
      if (!isLink || (await isNewDirectory(session, below, seen))) waiting.push({ directory: below, level: level + 1 })
    }
  }
  while (going && waiting.length > 0) await Promise.all(waiting.splice(-parallel).map(lookInto))
}

async function walkUp(
  session: Session,
  start: string,
  depth: number,
  withoutEntries: boolean,
  visit: (directory: string, entries: readonly DirectoryEntry[] | undefined) => boolean,
): Promise<void> {
  let directory = start
  for (let level = 0; depth < 0 || level <= depth; level += 1) {
    visit(directory, withoutEntries ? undefined : await session.list(directory))
    if (directory === '/') return
    directory = directory.slice(0, directory.lastIndexOf('/')) || '/'
  }
}

async function isDirectory(session: Session, path: string): Promise<boolean> {
  const status = await session.status(path)
  if (status?.kind === 'symbolic link') {
    const target = await session.canonicalPath(path)
    return target !== undefined && (await session.status(target))?.kind === 'directory'
  }
  return status?.kind === 'directory'
}

/** A link may lead back to where we were: each directory is entered through a link once. */
async function isNewDirectory(session: Session, link: string, seen: Set<string>): Promise<boolean> {
  const target = await session.canonicalPath(link)
  if (target === undefined || seen.has(target) || link.startsWith(target === '/' ? '/' : `${target}/`)) return false
  if ((await session.status(target))?.kind !== 'directory') return false
  seen.add(target)
  return true
}

/** Whether a walk may enter a directory, by the file system that is mounted there. */
async function fileSystemGuard(
  session: Session,
  start: string,
  fileSystems: Reach['fileSystems'],
): Promise<(directory: string) => boolean> {
  if (fileSystems === 'all') return () => true
  const mounts = await readMounts(session)
  if (fileSystems === 'local') {
    const remote = new Set(mounts.filter(({ type }) => remoteFileSystems.has(type)).map(({ mountPoint }) => mountPoint))
    return (directory) => !remote.has(directory)
  }
  const points = new Map(mounts.map((mount) => [mount.mountPoint, mount]))
  const home = mountOf(mounts, start)
  return (directory) => {
    const mount = points.get(directory)
    return mount === undefined || mount.device === home?.device
  }
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
  return mounts
    .filter(({ mountPoint }) => mountPoint === '/' || path === mountPoint || path.startsWith(`${mountPoint}/`))
    .toSorted((one, other) => one.mountPoint.length - other.mountPoint.length)
    .at(-1)
}

const distinct = (found: readonly FoundPath[]): FoundPath[] => [
  ...new Map(found.map((one) => [JSON.stringify([one.path, one.filename]), one])).values(),
]
