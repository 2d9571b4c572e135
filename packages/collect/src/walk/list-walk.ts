import type { DirectoryEntry, Session } from '../session.ts'
import { fullPath, parentOf } from './found-path.ts'
import type { Reach } from './reach.ts'

/** A directory that a walk came to; answers whether to go on. */
export type Visit = (directory: string, entries: readonly DirectoryEntry[]) => boolean

export interface DownOptions {
  readonly depth: number | undefined
  readonly followLinks: boolean
  readonly followDirectories: boolean
  /** Met, not entered. */
  readonly barred: ReadonlySet<string>
  /** Whether anything below a directory is of interest. */
  readonly mayHold?: (directory: string) => boolean
}

/** Several objects walk the same directories; each is listed once. */
const listOnce = (session: Session, directory: string): Promise<readonly DirectoryEntry[] | undefined> =>
  session.once(`directory ${directory}`, () => session.list(directory))

/** Directories looked into at a time. */
const parallel = 16

/**
 * Visits a directory and what is below it, listing by listing: for walks that follow links, which {@link Session.find}
 * does not, and for those that know where to look.
 */
export async function walkDown(session: Session, start: string, options: DownOptions, visit: Visit): Promise<void> {
  const { depth, followLinks, followDirectories, barred, mayHold } = options
  const seen = new Set<string>()
  const waiting: { directory: string; level: number }[] = [{ directory: start, level: 0 }]
  let going = true
  const lookInto = async ({ directory, level }: { directory: string; level: number }): Promise<void> => {
    const isClosed = level > 0 && barred.has(directory)
    const entries = isClosed ? [] : await listOnce(session, directory)
    if (entries === undefined) return
    going = visit(directory, entries) && going
    if (depth !== undefined && level >= depth) return
    for (const { name, kind } of entries) {
      // Most entries are files: nothing is asked about them here.
      const isLink = kind === 'symbolic link' && followLinks
      if (!isLink && !(kind === 'directory' && followDirectories)) continue
      const below = fullPath({ path: directory, filename: name })
      if (mayHold?.(below) === false) continue
      if (!isLink || (await isNewDirectory(session, below, seen))) waiting.push({ directory: below, level: level + 1 })
    }
  }
  while (going && waiting.length > 0) await Promise.all(waiting.splice(-parallel).map(lookInto))
}

/** Visits a directory and those above it. */
export async function walkUp(session: Session, start: string, { depth }: Reach, visit: Visit): Promise<void> {
  let directory = start
  for (let level = 0; depth === undefined || level <= depth; level += 1) {
    visit(directory, (await listOnce(session, directory)) ?? [])
    if (directory === '/') return
    directory = parentOf(directory)
  }
}

/** Whether there is a directory, or a link to one. */
export async function isDirectory(session: Session, path: string): Promise<boolean> {
  const status = await session.status(path)
  if (status?.kind !== 'symbolic link') return status?.kind === 'directory'
  const target = await session.canonicalPath(path)
  return target !== undefined && (await session.status(target))?.kind === 'directory'
}

/** A link may lead back to where we were: each directory is entered through a link once. */
async function isNewDirectory(session: Session, link: string, seen: Set<string>): Promise<boolean> {
  const target = await session.canonicalPath(link)
  if (target === undefined || seen.has(target) || link.startsWith(target === '/' ? '/' : `${target}/`)) return false
  if ((await session.status(target))?.kind !== 'directory') return false
  seen.add(target)
  return true
}
