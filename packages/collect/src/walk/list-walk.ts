import type { DirectoryEntry, Session } from '../session.ts'
import { fullPath, parentOf } from './found-path.ts'
import type { Bars, Reach } from './reach.ts'
import { realPath } from './real-path.ts'

/** A directory that a walk came to; answers whether to go on. */
export type Visit = (directory: string, entries: readonly DirectoryEntry[]) => boolean

export interface DownOptions {
  readonly depth: number | undefined
  readonly followLinks: boolean
  readonly followDirectories: boolean
  readonly bars: Bars
  /** Whether anything below a directory is of interest. */
  readonly mayHold?: (directory: string) => boolean
}

/** Several objects walk the same directories; each is listed once. */
const listOnce = (session: Session, directory: string): Promise<readonly DirectoryEntry[] | undefined> =>
  session.once(`directory ${directory}`, () => session.list(directory))

/** Directories looked into, or walked through, at a time: over a long line each wait for some of them costs a round trip. */
export const directoriesAtOnce = ({ asksInRounds }: Session): number => (asksInRounds === true ? 256 : 16)

/** Directories that one walk looks into: where many links lead to each other there is no end of ways. */
const maxDirectories = 200_000

/** A directory on the way: the name under which the walk came to it, and the real one, with those of all above it. */
interface Step {
  readonly directory: string
  readonly level: number
  readonly real: string
  readonly above: Step | undefined
}

/**
 * Visits a directory and what is below it, listing by listing: for walks that follow links, which {@link Session.find}
 * does not, and for those that know where to look. A directory is not entered again from inside it, and from elsewhere it
 * is, as often as links lead to it. Answers whether it came to the end.
 */
export async function walkDown(session: Session, start: string, options: DownOptions, visit: Visit): Promise<boolean> {
  const { depth, followLinks, followDirectories, bars, mayHold } = options
  const real = followLinks ? ((await realPath(session, start)) ?? start) : start
  const waiting: Step[] = [{ directory: start, level: 0, real, above: undefined }]
  let going = true
  let looked = 0
  let underWay = 0
  const ended = Promise.withResolvers<boolean>()
  const lookInto = async (step: Step): Promise<void> => {
    const { directory, level } = step
    const isClosed = level > 0 && (bars.points.has(directory) || bars.holds(step.real))
    const entries = isClosed ? [] : await listOnce(session, directory)
    if (entries === undefined) return
    going = visit(directory, entries) && going
    if (depth !== undefined && level >= depth) return
    const links: string[] = []
    const enter = (below: string, target: string): void => {
      if (!isAbove(step, target)) waiting.push({ directory: below, level: level + 1, real: target, above: step })
    }
    for (const { name, kind } of entries) {
      // Most entries are files: nothing is asked about them here.
      const isLink = kind === 'symbolic link' && followLinks
      if (!isLink && kind !== 'directory') continue
      const below = fullPath({ path: directory, filename: name })
      if (!isLink && !followDirectories) {
        // A walk along links alone tells of it, and does not look into it.
        if (followLinks) going = visit(below, []) && going
        continue
      }
      if (mayHold?.(below) === false) continue
      if (isLink) links.push(below)
      else enter(below, fullPath({ path: step.real, filename: name }))
    }
    // What is known to be a directory does not wait for what may be one.
    goOn()
    // All at once: over a long line each question that waits for another costs a round trip.
    const behind = session.asksInRounds === true && links.length > fewLinks ? directoryToEnter : directoryBehind
    const targets = await Promise.all(links.map((link) => behind(session, link)))
    for (const [at, link] of links.entries()) {
      const target = targets[at]
      if (target !== undefined) enter(link, target)
    }
  }
  const goOn = (): void => {
    while (going && underWay < directoriesAtOnce(session)) {
      const step = waiting.pop()
      if (step === undefined) break
      if ((looked += 1) > maxDirectories) return ended.resolve(false)
      underWay += 1
      lookInto(step).then(
        () => {
          underWay -= 1
          goOn()
        },
        (error: unknown) => {
          going = false
          ended.reject(error)
        },
      )
    }
    if (underWay === 0) ended.resolve(true)
  }
  goOn()
  return ended.promise
}

function isAbove(step: Step, real: string): boolean {
  for (let one: Step | undefined = step; one !== undefined; one = one.above) if (one.real === real) return true
  return false
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
  // Where each question waits for a far asset, where a link leads is asked before it is known to be one.
  if (session.asksInRounds === true) realPath(session, path).catch(() => undefined)
  const status = await session.status(path)
  if (status?.kind !== 'symbolic link') return status?.kind === 'directory'
  return (await directoryBehind(session, path)) !== undefined
}

/** The real name of the directory that a link leads to; undefined for no directory. */
async function directoryBehind(session: Session, link: string): Promise<string | undefined> {
  const target = await realPath(session, link)
  return target !== undefined && (await session.status(target))?.kind === 'directory' ? target : undefined
}

/** Of so many links real name, status and content may be fetched, which is one round, though most of them lead to files. */
const fewLinks = 16

/** The same for one of many links, most of which lead to files: these are told apart first. */
async function directoryToEnter(session: Session, link: string): Promise<string | undefined> {
  return (await mayBeDirectory(session, `${link}/.`)) ? directoryBehind(session, link) : undefined
}

async function mayBeDirectory(session: Session, path: string): Promise<boolean> {
  try {
    return (await session.status(path))?.kind === 'directory'
  } catch {
    // Whoever may not look there, or goes round in circles, is told so by the longer way.
    return true
  }
}
