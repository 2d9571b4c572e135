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
    const links: string[] = []
    for (const { name, kind } of entries) {
      // Most entries are files: nothing is asked about them here.
      const isLink = kind === 'symbolic link' && followLinks
      if (!isLink && !(kind === 'directory' && followDirectories)) continue
      const below = fullPath({ path: directory, filename: name })
      if (mayHold?.(below) === false) continue
      if (isLink) links.push(below)
      else waiting.push({ directory: below, level: level + 1 })
    }
    // All at once: over a long line each question that waits for another costs a round trip.
    const targets = await Promise.all(links.map((link) => directoryBehind(session, link)))
    for (const [at, link] of links.entries()) {
      const target = targets[at]
      // A link may lead back to where we were: each directory is entered through a link once.
      if (target === undefined || seen.has(target)) continue
      seen.add(target)
      waiting.push({ directory: link, level: level + 1 })
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

/** The real name of the directory that a link leads to; undefined for no directory, and for one that the link is in. */
async function directoryBehind(session: Session, link: string): Promise<string | undefined> {
  const target = await session.canonicalPath(link)
  if (target === undefined || link.startsWith(target === '/' ? '/' : `${target}/`)) return undefined
  return (await session.status(target))?.kind === 'directory' ? target : undefined
}
