import { compilePattern, type Pattern } from '@plumbline/scap'
import type { DirectoryEntry, FileCondition, Session } from '../session.ts'
import type { Asked, ObjectEntity } from '../test-type.ts'
import { conditionOfFilters } from './filter-condition.ts'
import { asFile, fullPath, inOrder, parentOf, type FoundPath } from './found-path.ts'
import { directoriesAtOnce, isDirectory, walkDown, walkUp } from './list-walk.ts'
import { barsFor, readReach } from './reach.ts'

export type FileEntity = 'filename' | 'filepath' | 'path'

/** What a walk came to. */
export interface FoundFiles {
  /** In the order of their paths. */
  readonly files: readonly FoundPath[]
  /** There are more than an object may have: the walk stopped there. */
  readonly isCut: boolean
}

/**
 * The files that `filepath`, or `path` with `filename`, name, less those that the object's filters are sure to drop when
 * they are about files. Fails as a whole when a directory on the way cannot be read: what we could not look into is not empty.
 */
export async function findFiles(session: Session, asked: Asked<FileEntity>): Promise<FoundFiles> {
  const found: FoundPath[] = []
  const search: Search = { session, asked, found, isFull: () => found.length > asked.maxItems, isCut: false }
  if (asked.has('filepath')) await findByFilePath(search, asked.object.filepath)
  else await findBelowAll(search, await startsOf(search))
  const files = inOrder(found)
  return { files: files.slice(0, asked.maxItems), isCut: search.isCut || files.length > asked.maxItems }
}

async function findBelowAll(search: Search, starts: readonly string[]): Promise<void> {
  const walksAtOnce = directoriesAtOnce(search.session)
  for (let at = 0; at < starts.length; at += walksAtOnce) {
    await Promise.all(starts.slice(at, at + walksAtOnce).map((start) => findBelow(search, start)))
  }
}

/** Says of an outcome that the walk stopped before its end. */
export function cutShort(
  { isCut }: FoundFiles,
  maxItems: number,
): { flag?: 'incomplete'; messages?: readonly string[] } {
  return isCut ? { flag: 'incomplete', messages: [`more than ${maxItems} files; the rest was not looked at`] } : {}
}

interface Search {
  readonly session: Session
  readonly asked: Asked<FileEntity>
  readonly found: FoundPath[]
  readonly isFull: () => boolean
  isCut: boolean
}

async function findByFilePath(search: Search, filepath: ObjectEntity): Promise<void> {
  const { session, found, isFull } = search
  if (filepath.literals !== undefined) {
    // Of relative ones, as the referee has it, those that say where.
    const mayName = (literal: string): boolean =>
      literal.startsWith('/') || (session.takesRelativePaths === true && literal.includes('/'))
    const each = await Promise.all(filepath.literals.filter(mayName).map((literal) => existingFile(session, literal)))
    const known = each.filter((one) => one !== undefined)
    const links = known.filter(({ status }) => status?.kind === 'symbolic link')
    found.push(...known.filter((one) => !links.includes(one)), ...(await withoutDirectories(session, links)))
    return
  }
  const links: FoundPath[] = []
  await walkWhereMatching(search, filepath, 'all', (path, entries) => {
    for (const { name, kind } of entries) {
      if (kind === 'directory' || !filepath.matches(fullPath({ path, filename: name }))) continue
      if (kind === 'symbolic link') links.push({ path, filename: name })
      else found.push({ path, filename: name })
    }
    return !isFull() && links.length <= search.asked.maxItems
  })
  found.push(...(await withoutDirectories(session, links)))
}

/** OVAL unix definitions schema, file_object: a filepath cannot name a directory; a link to one is none either. */
async function withoutDirectories(session: Session, links: readonly FoundPath[]): Promise<FoundPath[]> {
  const lead = await Promise.all(links.map((link) => isDirectory(session, fullPath(link))))
  return links.filter((_, at) => lead[at] === false)
}

async function existingFile(session: Session, literal: string): Promise<FoundPath | undefined> {
  const status = await session.status(literal)
  return status === undefined || status.kind === 'directory' ? undefined : { ...asFile(literal), status }
}

/** The directories that `path` names, which a recursion begins at. */
async function startsOf(search: Search): Promise<string[]> {
  const { session, asked } = search
  const { path } = asked.object
  if (path.literals === undefined) {
    const matching: string[] = []
    await walkWhereMatching(search, path, readReach(asked.behaviors).fileSystems, (directory) => {
      if (path.matches(directory)) matching.push(directory)
      return matching.length <= asked.maxItems
    })
    return matching
  }
  const starts = path.literals
    .map((literal) => (literal === '/' ? '/' : literal.replace(/\/+$/, '')))
    .filter((literal) => literal.startsWith('/') || (literal !== '' && session.takesRelativePaths === true))
  const exist = await Promise.all(starts.map((start) => isDirectory(session, start)))
  return starts.filter((_, at) => exist[at])
}

/** As the referee does, a pattern for a path counts from its beginning, and all links are followed. */
async function walkWhereMatching(
  search: Search,
  entity: ObjectEntity,
  fileSystems: 'all' | 'defined' | 'local',
  visit: (directory: string, entries: readonly DirectoryEntry[]) => boolean,
): Promise<void> {
  const { session } = search
  const patterns = entity.patterns?.map(({ source }) => compilePattern(source.startsWith('^') ? source : `^${source}`))
  const mayHold = (directory: string): boolean =>
    patterns === undefined || patterns.some((pattern) => mayMatchBelow(pattern, directory))
  for (const start of new Set(patterns?.map(({ prefix }) => parentOf(prefix)) ?? ['/'])) {
    const bars = await barsFor(session, start, fileSystems)
    const options = { depth: undefined, followLinks: true, followDirectories: true, bars, mayHold }
    if (!(await walkDown(session, start, options, visit))) search.isCut = true
  }
}

/** A directory is of interest when it matches itself, or what is in it may. */
const mayMatchBelow = (pattern: Pattern, directory: string): boolean =>
  pattern.canBegin(directory === '/' ? '/' : `${directory}/`) || pattern.test(directory)

async function findBelow(search: Search, start: string): Promise<void> {
  const { session, asked, found } = search
  const { filename } = asked.object
  const wantsDirectory = !asked.has('filename') || filename.isNil
  const reach = readReach(asked.behaviors)
  if (reach.direction === 'none') {
    if (wantsDirectory) {
      found.push({ path: start, filename: undefined })
      return
    }
    if (filename.literals !== undefined) {
      const named = filename.literals.map((name) => existingFile(session, fullPath({ path: start, filename: name })))
      found.push(...(await Promise.all(named)).filter((one) => one !== undefined))
      return
    }
  }
  if (reach.direction === 'down' && reach.followDirectories && !reach.followLinks) return await findDown(search, start)
  const visit = (directory: string, entries: readonly DirectoryEntry[]): boolean => {
    if (wantsDirectory) found.push({ path: directory, filename: undefined })
    for (const { name, kind } of entries) {
      if (!wantsDirectory && kind !== 'directory' && filename.matches(name))
        found.push({ path: directory, filename: name })
    }
    return !search.isFull()
  }
  if (reach.direction === 'up') return await walkUp(session, start, reach, visit)
  const bars = await barsFor(session, start, reach.fileSystems)
  const depth = reach.direction === 'none' ? 0 : reach.depth
  if (!(await walkDown(session, start, { ...reach, depth, bars }, visit))) search.isCut = true
}

/** A whole tree: the session walks, and judges on the way as far as it can. */
async function findDown(search: Search, start: string): Promise<void> {
  const { session, asked, found } = search
  const { filename } = asked.object
  const wantsDirectory = !asked.has('filename') || filename.isNil
  const { depth, fileSystems } = readReach(asked.behaviors)
  const { points } = await barsFor(session, start, fileSystems)
  const maxDepth = depth === undefined ? undefined : wantsDirectory ? depth : depth + 1
  const answer = await session.find({
    start,
    ...(maxDepth === undefined ? {} : { maxDepth }),
    barred: [...points].filter((path) => isBelow(path, start)),
    where: {
      all: [
        wantsDirectory ? { kind: 'directory' } : { all: [{ not: { kind: 'directory' } }, nameCondition(filename)] },
        // Filters of other test types are about what is in the files.
        asked.resolved.testType === 'unix/file' ? conditionOfFilters(asked.resolved.filters) : { all: [] },
      ],
    },
    limit: asked.maxItems + 1,
  })
  search.isCut ||= answer?.isCut === true
  for (const { path, status } of answer?.entries ?? []) {
    if (wantsDirectory) found.push({ path, filename: undefined, status })
    else {
      const file = asFile(path)
      if (filename.matches(file.filename ?? '')) found.push({ ...file, status })
    }
  }
}

const isBelow = (path: string, start: string): boolean => path.startsWith(start === '/' ? '/' : `${start}/`)

function nameCondition({ literals, patterns }: ObjectEntity): FileCondition {
  if (literals !== undefined) return { name: literals }
  return patterns === undefined ? { all: [] } : { any: patterns.map(({ source }) => ({ namePattern: source })) }
}
