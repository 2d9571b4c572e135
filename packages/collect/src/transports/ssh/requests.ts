import { TransportError } from '../../errors.ts'
import type { CommandResult, DirectoryEntry, FileStatus, FindRequest } from '../../session.ts'
import type { Elevation } from './elevate.ts'
import { readWalks } from './find-answer.ts'
import { findLine, walkKey, type FindDialect } from './find-call.ts'
import { kindLetters, parseStatus } from './stat-line.ts'
import type { Frame } from './frames.ts'
import { peekBytes } from './foresight.ts'
import { quote } from './prelude.ts'
import { countAbsent, isAbsence, readComplaint } from './reasons.ts'
import { textOf } from '../file-name.ts'

/** One thing that the session asks for. */
export type Request =
  | { readonly kind: 'canonical' | 'link' | 'list' | 'read' | 'status'; readonly path: string }
  /** The status of what a path leads to; the content of a file that is not large, `undefined` for one that is. */
  | { readonly kind: 'peek' | 'target'; readonly path: string }
  | { readonly kind: 'find'; readonly find: FindRequest }
  | { readonly kind: 'run'; readonly command: readonly [string, ...string[]]; readonly input?: string }

type PathRequest = Exclude<Request, { kind: 'find' | 'run' }>
interface StatusRequest {
  readonly kind: 'status' | 'target'
  readonly path: string
}

/** A call of one of the remote functions, answered by one frame, which may answer several requests. */
export interface Call {
  readonly line: string
  readonly requests: readonly Request[]
}

/** What is told of one request: a value, or the error that it ends in; `retry`: only asked for alone can it be told. */
export type Answer = { readonly value: unknown } | { readonly error: Error } | { readonly retry: true }

export interface AnswerLimits {
  readonly asset: string
  readonly elevation: Elevation
  readonly maxFileBytes: number
  readonly maxOutputBytes: number
}

/** One `stat` for so many paths; a shell has no trouble with the length of its line, the kernel begins to at 128 kB. */
const pathsPerStat = 200

/** The calls for some requests, in their order; those for the status of files share a process. */
export function callsFor(requests: readonly Request[], alone: ReadonlySet<Request>, dialect: FindDialect): Call[] {
  const calls: Call[] = []
  const walks = new Map<string, (Request & { kind: 'find' })[]>()
  const together: Record<StatusRequest['kind'], StatusRequest[]> = { status: [], target: [] }
  const peeks: PathRequest[] = []
  for (const request of requests) {
    // A name with a line end could not be told from two in a common answer.
    if (request.kind === 'find') {
      const key = dialect === 'gnu' ? walkKey(request.find) : JSON.stringify(request.find)
      walks.set(key, [...(walks.get(key) ?? []), request])
    } else if (isStatus(request) && !request.path.includes('\n') && !alone.has(request)) {
      together[request.kind].push(request)
    } else if (request.kind === 'peek') peeks.push(request)
    else calls.push({ line: lineFor(request), requests: [request] })
  }
  for (const [kind, statuses] of Object.entries(together) as [StatusRequest['kind'], StatusRequest[]][]) {
    for (let from = 0; from < statuses.length; from += pathsPerStat) {
      const some = statuses.slice(from, from + pathsPerStat)
      calls.push({ line: `${functionFor[kind]} ${wordsOf(some)}`, requests: some })
    }
  }
  for (let from = 0; from < peeks.length; from += pathsPerStat) {
    const some = peeks.slice(from, from + pathsPerStat)
    // It has no answer of its own: the calls after it look at what it found.
    const sizes = `_sizes ${wordsOf(some)}\n`
    calls.push(...some.map((one, at) => ({ line: (at === 0 ? sizes : '') + lineFor(one), requests: [one] })))
  }
  for (const some of walks.values()) {
    const line = findLine(
      some.map(({ find }) => find),
      dialect,
    )
    calls.push({ line, requests: some })
  }
  return calls
}

const isStatus = (request: Request): request is StatusRequest => request.kind === 'status' || request.kind === 'target'

const functionFor = {
  canonical: '_canon',
  link: '_link',
  list: '_list',
  peek: '_peek',
  read: '_read',
  status: '_stats',
  target: '_targets',
} as const

const wordsOf = (requests: readonly PathRequest[]): string => requests.map(({ path }) => quote(path)).join(' ')

function lineFor(request: Exclude<Request, { kind: 'find' }>): string {
  if (request.kind === 'run') {
    const words = request.command.map(quote).join(' ')
    return request.input === undefined ? `_run ${words}` : `_feed ${quote(request.input)} ${words}`
  }
  if (request.kind === 'read' && request.path === '/proc/self/environ') return '_own'
  return `${functionFor[request.kind]} ${wordsOf([request])}`
}

/** The answers that a frame gives to the requests of its call, in their order. */
export function readAnswers(frame: Frame, { requests }: Call, limits: AnswerLimits): Answer[] {
  const [first] = requests
  if (first?.kind === 'find') return readFound(frame, requests, limits)
  if (first !== undefined && isStatus(first) && requests.length > 1) return readStatuses(frame, requests)
  return requests.map((request) => {
    try {
      if (request.kind === 'find') throw new Error('walks are answered together')
      return { value: readAnswer(frame, request, limits) }
    } catch (error) {
      return { error: error instanceof Error ? error : new Error(String(error)) }
    }
  })
}

function readFound(frame: Frame, requests: readonly Request[], { asset, elevation }: AnswerLimits): Answer[] {
  try {
    const walks = requests.flatMap((request) => (request.kind === 'find' ? [request.find] : []))
    const grant = elevation.kind === 'sudo-commands' ? 'find' : undefined
    return readWalks(frame, walks, { asset, grant }).map((value) => ({ value }))
  } catch (error) {
    return requests.map(() => ({ error: error instanceof Error ? error : new Error(String(error)) }))
  }
}

function readAnswer(frame: Frame, request: Exclude<Request, { kind: 'find' }>, limits: AnswerLimits): unknown {
  switch (request.kind) {
    case 'run':
      return readOutcome(frame, request.command[0], limits)
    case 'read':
      return readContent(frame, request, limits)
    case 'peek':
      return frame.code === 'l' || frame.data.length > peekBytes ? undefined : readContent(frame, request, limits)
    case 'list':
      return readEntries(frame, request, limits)
    case 'link':
    case 'canonical':
      return readText(frame, request, limits)
    case 'status':
    case 'target':
      return frame.code === 'o' ? parseStatus(textOf(frame.data)).status : absentOr(frame, request, limits)
  }
}

/** What a frame without a value means: there is no such file, or an error. */
function absentOr({ code, text }: Frame, { kind, path }: PathRequest, { asset, elevation }: AnswerLimits): undefined {
  const fail = (what: string): never => {
    throw new TransportError('input-output-error', `cannot read ${path} on ${asset}: ${what}`)
  }
  if (code === 'd') fail('it is a directory')
  if (code === 'x') fail('it is no regular file')
  const grant = elevation.kind === 'sudo-commands' ? grantFor({ kind, path }) : undefined
  const error = readComplaint(text, { path, asset, grant })
  if (error !== undefined) throw error
}

/** The command of `prelude.ts` that sudo would be asked for. */
function grantFor({ kind, path }: PathRequest): string {
  switch (kind) {
    case 'read':
    case 'peek':
      return `cat ${path}`
    case 'list':
      return 'find'
    case 'link':
    case 'canonical':
      return 'readlink'
    case 'status':
    case 'target':
      return 'stat'
  }
}

function readContent(frame: Frame, request: PathRequest, limits: AnswerLimits): Uint8Array | undefined {
  const { path } = request
  if (frame.code !== 'o') return absentOr(frame, request, limits)
  if (frame.data.length > limits.maxFileBytes) {
    throw new TransportError(
      'too-large',
      `cannot read ${path} on ${limits.asset}: it is larger than ${limits.maxFileBytes} bytes`,
    )
  }
  return frame.data
}

function readText(frame: Frame, request: PathRequest, limits: AnswerLimits): string | undefined {
  if (frame.code === 'o') return textOf(frame.data)
  if (frame.code !== 'x') return absentOr(frame, request, limits)
  throw new TransportError(
    'input-output-error',
    `cannot read ${request.path} on ${limits.asset}: it is no symbolic link`,
  )
}

/** `find` prints each entry as the letter of its kind, its name and a slash, which no name holds. What goes away meanwhile is not there. */
function readEntries(frame: Frame, request: PathRequest, limits: AnswerLimits): DirectoryEntry[] | undefined {
  // A file is there where a directory would have to be: the path names no directory.
  if (frame.code === 'x') return undefined
  if (frame.code !== 'o' && !(frame.code === 'p' && isAbsence(frame.text))) return absentOr(frame, request, limits)
  return textOf(frame.data)
    .split('/')
    .slice(0, -1)
    .map((entry) => ({ name: entry.slice(1), kind: kindLetters[entry[0] ?? ''] ?? 'unknown' }))
}

/**
 * One `stat` told of many paths: a line for each that it could, a complaint for each that it could not. When all complaints
 * are that there is no such file, so it is for all that have no line; otherwise those are asked for one by one.
 */
function readStatuses(frame: Frame, requests: readonly Request[]): Answer[] {
  const found = new Map<string, FileStatus>()
  for (const line of textOf(frame.data).split('\n')) {
    if (line === '') continue
    const { path, status } = parseStatus(line)
    found.set(path, status)
  }
  const missing = requests.filter((request) => isStatus(request) && !found.has(request.path))
  const allAbsent = countAbsent(frame.text) === missing.length && isAbsence(frame.text)
  return requests.map((request) => {
    const status = isStatus(request) ? found.get(request.path) : undefined
    if (status !== undefined) return { value: status }
    return allAbsent ? { value: undefined } : { retry: true }
  })
}

/** What `timeout` makes of a command that it had to kill (128 + SIGKILL). */
const killed = 137

function readOutcome({ code, text, data }: Frame, program: string, limits: AnswerLimits): CommandResult {
  const { asset, maxOutputBytes } = limits
  if (code === 'n') throw new TransportError('command-not-found', `${program} is not installed on ${asset}`)
  if (data.length > maxOutputBytes) throw new TransportError('too-large', `${program} on ${asset} printed too much`)
  const end = text.lastIndexOf('\n')
  const exitStatus = Number(text.slice(end + 1).trim() || 'NaN')
  if (code !== 'r' || !Number.isInteger(exitStatus)) {
    throw new TransportError('command-failed', `cannot run ${program} on ${asset}: ${text.trim().slice(-300)}`)
  }
  const stderr = text.slice(0, Math.max(end, 0))
  if (exitStatus === killed) {
    throw new TransportError('timed-out', `${program} on ${asset} did not end within its time, or was killed`)
  }
  if (exitStatus > 128 && exitStatus <= 128 + 64) {
    throw new TransportError('command-failed', `${program} on ${asset} was ended by signal ${exitStatus - 128}`)
  }
  if (exitStatus === 127 && /failed to run command|not found/.test(stderr)) {
    throw new TransportError('command-not-found', `${program} is not installed on ${asset}`)
  }
  return { exitStatus, stdout: data, stderr }
}
