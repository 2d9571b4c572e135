import { lstatSync, readdirSync, statSync } from 'node:fs'
import type { Dirent, Stats } from 'node:fs'
import type { FileCondition, FindRequest, NumberRange } from '../session.ts'
import { entryMatcher } from './entry-matcher.ts'
import { bytesOf, isDoubtful, textOf } from './file-name.ts'
import { kindOf } from './file-status.ts'

/** What one request of a shared walk came to: paths, or the error that ended it. */
export interface WalkAnswer {
  readonly paths: readonly string[]
  readonly isCut: boolean
  /** A directory that could not be read. */
  readonly failure?: { readonly code: string; readonly message: string; readonly path: string }
}

interface Walker {
  readonly request: FindRequest
  readonly barred: ReadonlySet<string>
  readonly holds: Predicate
  readonly paths: string[]
  isCut: boolean
  failure?: WalkAnswer['failure']
}

type Predicate = (name: string, path: string, entry: Kinds, status: () => Stats | undefined) => boolean
type Kinds = Dirent | Stats

/**
 * One walk for all requests that begin at the same place: each directory is listed once, and an entry's status is read
 * at most once, if a condition comes to it. Works without pause, so it belongs in a thread of its own. `undefined`: there is no such start.
 * `large`: given up, for there are more than `most` entries.
 */
export function walkFor(
  start: string,
  requests: readonly FindRequest[],
  most = Infinity,
): readonly WalkAnswer[] | 'large' | undefined {
  const top = statSync(bytesOf(start), { throwIfNoEntry: false })
  if (top === undefined) return undefined
  const walkers = requests.map(
    (request): Walker => ({
      request,
      barred: new Set(request.barred),
      holds: compile(request.where),
      paths: [],
      isCut: false,
    }),
  )
  const waiting: { path: string; level: number; active: readonly Walker[] }[] = []
  const meet = (name: string, path: string, level: number, entry: Kinds, active: readonly Walker[]): void => {
    let status: Stats | undefined
    const readStatus = (): Stats | undefined => (status ??= lstatSync(bytesOf(path), { throwIfNoEntry: false }))
    for (const walker of active) {
      if (walker.isCut || !walker.holds(name, path, entry, readStatus)) continue
      if (walker.paths.length >= walker.request.limit) walker.isCut = true
      else walker.paths.push(path)
    }
    if (!entry.isDirectory()) return
    const going = active.filter(
      ({ request, barred, isCut }) =>
        !isCut && !(level > 0 && barred.has(path)) && (request.maxDepth === undefined || level < request.maxDepth),
    )
    if (going.length > 0) waiting.push({ path, level, active: going })
  }
  meet(start.slice(start.lastIndexOf('/') + 1), start, 0, top, walkers)
  let met = 0
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { path, level } = next
    const active = next.active.filter(({ isCut, failure }) => !isCut && failure === undefined)
    if (active.length === 0) continue
    const below = path === '/' ? '/' : `${path}/`
    const entries = listFor(active, path)
    met += entries.length
    if (met > most) return 'large'
    for (const entry of entries) {
      meet(entry.name, `${below}${entry.name}`, level + 1, entry, active)
    }
  }
  return walkers.map(({ paths, isCut, failure }) => ({ paths, isCut, ...(failure === undefined ? {} : { failure }) }))
}

function listFor(active: readonly Walker[], path: string): readonly Dirent[] {
  try {
    const entries = readdirSync(bytesOf(path), { withFileTypes: true })
    if (!entries.some(({ name }) => isDoubtful(name))) return entries
    const inBytes = readdirSync(bytesOf(path), { withFileTypes: true, encoding: 'buffer' })
    // The same entries, but for the name.
    return inBytes.map((entry) => Object.assign(entry as unknown as Dirent, { name: textOf(entry.name) }))
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException
    // It was there a moment ago: directories come and go.
    if (code === 'ENOENT' || code === 'ENOTDIR') return []
    for (const walker of active) walker.failure = { code, message, path }
    return []
  }
}

/** Names and kinds are known from the listing; the rest costs a look at the file, so it comes last. */
function compile(condition: FileCondition): Predicate {
  if ('all' in condition) {
    const each = cheapFirst(condition.all).map(compile)
    return (...entry) => each.every((holds) => holds(...entry))
  }
  if ('any' in condition) {
    const each = cheapFirst(condition.any).map(compile)
    return (...entry) => each.some((holds) => holds(...entry))
  }
  if ('not' in condition) {
    const holds = compile(condition.not)
    return (...entry) => !holds(...entry)
  }
  if ('kind' in condition) return (_name, _path, entry) => kindOf(entry) === condition.kind
  if ('name' in condition) {
    const names = new Set(condition.name)
    return (name) => names.has(name)
  }
  if ('namePattern' in condition) {
    const matches = entryMatcher(condition.namePattern)
    return (name) => matches(name)
  }
  if ('pathPattern' in condition) {
    const matches = entryMatcher(condition.pathPattern)
    return (_name, path) => matches(path)
  }
  if ('mode' in condition) return withStatus(({ mode }) => (mode & condition.mode) === condition.mode)
  if ('user' in condition) return withStatus(within(condition.user, ({ uid }) => uid))
  return withStatus(within(condition.group, ({ gid }) => gid))
}

/** A file that is gone by now satisfies nothing. */
const withStatus =
  (holds: (status: Stats) => boolean): Predicate =>
  (_name, _path, _entry, readStatus) => {
    const status = readStatus()
    return status !== undefined && holds(status)
  }

function within(ranges: readonly NumberRange[], read: (status: Stats) => number): (status: Stats) => boolean {
  const single = new Set(ranges.filter(([least, most]) => least === most).map(([least]) => least))
  const wide = ranges.filter(([least, most]) => least !== most)
  return (status) => {
    const value = read(status)
    return single.has(value) || wide.some(([least, most]) => value >= least && value <= most)
  }
}

const cheapFirst = (conditions: readonly FileCondition[]): FileCondition[] =>
  conditions.toSorted((one, other) => Number(needsStatus(one)) - Number(needsStatus(other)))

function needsStatus(condition: FileCondition): boolean {
  if ('all' in condition) return condition.all.some(needsStatus)
  if ('any' in condition) return condition.any.some(needsStatus)
  if ('not' in condition) return needsStatus(condition.not)
  return 'mode' in condition || 'user' in condition || 'group' in condition
}
