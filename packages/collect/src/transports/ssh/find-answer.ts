import { entryMatcher } from '../entry-matcher.ts'
import { TransportError } from '../../errors.ts'
import type { FileCondition, FindAnswer, FindRequest, FoundEntry, NumberRange } from '../../session.ts'
import type { Frame } from './frames.ts'
import { kindLetters, parseStatus } from './stat-line.ts'
import { isAbsence, linesOf, readComplaint, type Asked } from './reasons.ts'
import { textOf } from '../file-name.ts'

export interface FindOutcome extends FindAnswer {
  /** The walk began at a link: GNU find tells of what the link leads to where the link itself is meant. */
  readonly startIsLink: boolean
}

/** Complaints are kept so far; of longer ones we would not know whether all are harmless. */
const complaintsKept = 4000

/** What the walks that shared a call came to, in their order. `undefined`: there is no such start. Throws what failed them all. */
export function readWalks(
  { code, text, data }: Frame,
  requests: readonly FindRequest[],
  asked: Omit<Asked, 'path'>,
): readonly (FindOutcome | undefined)[] {
  const start = requests[0]?.start ?? ''
  if (code === 'e') {
    const error = readComplaint(text, { ...asked, path: start })
    if (error !== undefined) throw error
    return requests.map(() => undefined)
  }
  // The status is told twice: at the end of what was complained of it is the last line.
  const [, isLink = '', isFull = '', status = '', complaints = ''] =
    /^(l?),(c?),(\d*),([\s\S]*?)\n?\d*$/.exec(text) ?? []
  const ended = { isCut: isFull === 'c', status, complaints, output: data }
  return readFind(ended, requests, asked).map((answer) => ({ ...answer, startIsLink: isLink === 'l' }))
}

/** How a call of find(1) ended. */
export interface FindEnd {
  /** It was stopped, for it printed more than was asked for. */
  readonly isCut: boolean
  readonly status: string
  readonly complaints: string
  readonly output: Buffer
}

/** What each of the walks that shared a call found. Throws what failed them all. */
export function readFind(
  { isCut, status, complaints, output: data }: FindEnd,
  requests: readonly FindRequest[],
  asked: Omit<Asked, 'path'>,
): readonly FindAnswer[] {
  const start = requests[0]?.start ?? ''
  if (!isCut && status !== '0') failIfHarmful(complaints, status, { ...asked, path: start })
  const found = requests.map((): FoundEntry[] => [])
  const output = textOf(data)
  const records = output.includes('\0') ? output.split('\0') : output.split('//\n')
  // Behind the last end of a record there is nothing, or what was cut.
  for (const line of records.slice(0, -1)) readRecord(line, found)
  return requests.map(({ where, limit }, index) => {
    const holds = compile(where)
    const entries = (found[index] ?? []).filter((entry) => entry.path === start || holds(entry))
    return { entries: entries.slice(0, limit), isCut: isCut || entries.length > limit }
  })
}

/** What went away meanwhile was not found; what could not be read is not empty. */
function failIfHarmful(complaints: string, status: string, asked: Asked): void {
  const { path: start, asset } = asked
  if (status === '137') {
    throw new TransportError('timed-out', `the walk below ${start} on ${asset} did not end within its time`)
  }
  if (complaints.length < complaintsKept && isAbsence(complaints)) return
  const harmful = linesOf(complaints).find((line) => !isAbsence(line)) ?? complaints
  const [, path = start] = /^\w+: '?(\/[\s\S]*?)'?: [^:]*$/.exec(harmful) ?? []
  throw (
    readComplaint(harmful, { ...asked, path }) ??
    new TransportError('input-output-error', `cannot walk below ${start} on ${asset}: too much went away meanwhile`)
  )
}

/** The records of `find-call.ts`. */
const printed = /^(\d+) (.) ([0-7]+) (\d+) (\d+) (\d+) (-?\d+)\S* (-?\d+)\S* (-?\d+)\S* (\d+) (\d+) ([\s\S]*)$/

function readRecord(line: string, found: readonly FoundEntry[][]): void {
  const parts = printed.exec(line)
  if (parts === null) {
    // One walk a call where stat tells of the files.
    found[0]?.push(parseStatus(line))
    return
  }
  const [, index, kind = '', mode = '', user, group, size = '', accessed = '', modified = '', changed = '', ...rest] =
    parts
  const [device = '', inode = '', path = ''] = rest
  found[Number(index)]?.push({
    path,
    status: {
      kind: kindLetters[kind] ?? 'unknown',
      mode: Number.parseInt(mode, 8),
      userId: Number(user),
      groupId: Number(group),
      size: BigInt(size),
      accessed: BigInt(accessed),
      modified: BigInt(modified),
      changed: BigInt(changed),
      device,
      inode,
    },
  })
}

/** The whole condition, of which find(1) may have understood a part. */
function compile(condition: FileCondition): (entry: FoundEntry) => boolean {
  if ('all' in condition) {
    const each = condition.all.map(compile)
    return (entry) => each.every((holds) => holds(entry))
  }
  if ('any' in condition) {
    const each = condition.any.map(compile)
    return (entry) => each.some((holds) => holds(entry))
  }
  if ('not' in condition) {
    const holds = compile(condition.not)
    return (entry) => !holds(entry)
  }
  if ('kind' in condition) return ({ status }) => status.kind === condition.kind
  if ('mode' in condition) return ({ status }) => (status.mode & condition.mode) === condition.mode
  if ('user' in condition) return ({ status }) => isWithin(condition.user, status.userId)
  if ('group' in condition) return ({ status }) => isWithin(condition.group, status.groupId)
  if ('name' in condition) {
    const names = new Set(condition.name)
    return ({ path }) => names.has(nameOf(path))
  }
  const isName = 'namePattern' in condition
  const matches = entryMatcher(isName ? condition.namePattern : condition.pathPattern)
  return ({ path }) => matches(isName ? nameOf(path) : path)
}

const isWithin = (ranges: readonly NumberRange[], value: number): boolean =>
  ranges.some(([least, most]) => value >= least && value <= most)

const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1)
