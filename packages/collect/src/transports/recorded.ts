import { TransportError, type TransportErrorCode } from '../errors.ts'
import { onceCache } from '../session.ts'
import type { CommandResult, DirectoryEntry, FileStatus, FindAnswer, Session } from '../session.ts'

/** What an asset answered, by what was asked: `null` is *no such file*. */
export interface Recording {
  readonly asset: string
  /** Where it comes from: which system was recorded, or which documents it was written after. */
  readonly origin: string
  readonly canRun: boolean
  readonly files?: Answers<{ readonly text: readonly string[] } | { readonly base64: string }>
  readonly statuses?: Answers<RecordedStatus>
  readonly lists?: Answers<readonly DirectoryEntry[]>
  /** By the request, as JSON. */
  readonly walks?: Answers<RecordedWalk>
  readonly links?: Answers<string>
  readonly canonicalPaths?: Answers<string>
  /** By the command's words, joined by blanks, and what it reads. */
  readonly commands?: Answers<RecordedCommand>
}

type Answers<Answer> = Readonly<Record<string, Answer | RecordedError | null>>

interface RecordedError {
  readonly error: TransportErrorCode
  readonly message: string
}

type Written<Value> = { readonly [Name in keyof Value]: Value[Name] extends bigint ? string : Value[Name] }
type RecordedStatus = Written<FileStatus>

interface RecordedWalk {
  readonly entries: readonly { readonly path: string; readonly status: RecordedStatus }[]
  readonly isCut: boolean
}

interface RecordedCommand {
  readonly exitStatus: number
  /** Lines. */
  readonly stdout: readonly string[]
  readonly stderr: string
}

/** Plays a recording. What it was not recorded for is a mistake of the test and fails loudly, never an absent file. */
export function openRecordedSession(recording: Recording): Session {
  const answer = async <Answer, Value>(
    kind: string,
    answers: Answers<Answer> | undefined,
    key: string,
    read: (answer: Answer) => Value,
  ): Promise<Value | undefined> => {
    const found = answers !== undefined && Object.hasOwn(answers, key) ? answers[key] : undefined
    if (found === undefined) throw new Error(`the recording of ${recording.asset} has no ${kind} of ${key}`)
    if (found === null) return undefined
    if (isError(found)) throw new TransportError(found.error, found.message)
    return read(found)
  }
  const session: Session = {
    asset: recording.asset,
    canRun: recording.canRun,
    readBytes: (path) => answer('file', recording.files, path, bytesOf),
    async readText(path) {
      const bytes = await session.readBytes(path)
      return bytes === undefined ? undefined : new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes)
    },
    status: (path) => answer('status', recording.statuses, path, readStatus),
    list: (directory) => answer('list', recording.lists, directory, (entries) => entries),
    find: (request) => answer('walk', recording.walks, JSON.stringify(request), readWalk),
    readLink: (path) => answer('link', recording.links, path, (target) => target),
    canonicalPath: (path) => answer('canonical path', recording.canonicalPaths, path, (target) => target),
    async run(command, input) {
      const result = await answer('output', recording.commands, commandKey(command, input), readCommand)
      if (result === undefined) throw new Error('a command cannot be absent: record the error command-not-found')
      return result
    },
    once: onceCache(),
    close: async () => undefined,
  }
  return session
}

/** A session that keeps what it is asked, to play it later. Trim what is private before you keep it. */
export function recordSession(session: Session, origin: string): { session: Session; recording: () => Recording } {
  const files: Record<string, { text: string[] } | { base64: string } | RecordedError | null> = {}
  const statuses: Record<string, RecordedStatus | RecordedError | null> = {}
  const lists: Record<string, readonly DirectoryEntry[] | RecordedError | null> = {}
  const walks: Record<string, RecordedWalk | RecordedError | null> = {}
  const links: Record<string, string | RecordedError | null> = {}
  const canonicalPaths: Record<string, string | RecordedError | null> = {}
  const commands: Record<string, RecordedCommand | RecordedError | null> = {}

  const keep = async <Value, Answer>(
    answers: Record<string, Answer | RecordedError | null>,
    key: string,
    ask: Promise<Value>,
    write: (value: NonNullable<Value>) => Answer,
  ): Promise<Value> => {
    try {
      const value = await ask
      answers[key] = value === undefined || value === null ? null : write(value)
      return value
    } catch (error) {
      if (error instanceof TransportError) answers[key] = { error: error.code, message: error.message }
      throw error
    }
  }
  const recorder: Session = {
    asset: session.asset,
    canRun: session.canRun,
    ...(session.placeOf === undefined ? {} : { placeOf: session.placeOf }),
    readBytes: (path) => keep(files, path, session.readBytes(path), writeBytes),
    async readText(path) {
      const bytes = await recorder.readBytes(path)
      return bytes === undefined ? undefined : new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes)
    },
    status: (path) => keep(statuses, path, session.status(path), writeStatus),
    list: (directory) => keep(lists, directory, session.list(directory), (entries) => entries),
    find: (request) => keep(walks, JSON.stringify(request), session.find(request), writeWalk),
    readLink: (path) => keep(links, path, session.readLink(path), (target) => target),
    canonicalPath: (path) => keep(canonicalPaths, path, session.canonicalPath(path), (target) => target),
    run: (command, input) => keep(commands, commandKey(command, input), session.run(command, input), writeCommand),
    once: onceCache(),
    close: () => session.close(),
  }
  const { asset, canRun } = session
  return {
    session: recorder,
    recording: () => ({ asset, origin, canRun, files, statuses, lists, walks, links, canonicalPaths, commands }),
  }
}

const commandKey = (command: readonly string[], input: string | undefined): string =>
  [...command, ...(input === undefined ? [] : ['<', input])].join(' ')

function isError(answer: unknown): answer is RecordedError {
  return typeof answer === 'object' && answer !== null && 'error' in answer && 'message' in answer
}

function bytesOf(file: { readonly text: readonly string[] } | { readonly base64: string }): Uint8Array {
  return 'text' in file ? Buffer.from(file.text.join('\n')) : Buffer.from(file.base64, 'base64')
}

/** As text where that loses nothing, so that people can read and trim it. */
function writeBytes(bytes: Uint8Array): { text: string[] } | { base64: string } {
  const text = Buffer.from(bytes).toString('utf8')
  if (Buffer.from(text).equals(bytes)) return { text: text.split('\n') }
  return { base64: Buffer.from(bytes).toString('base64') }
}

function readStatus(status: RecordedStatus): FileStatus {
  const { size, accessed, modified, changed } = status
  return {
    ...status,
    size: BigInt(size),
    accessed: BigInt(accessed),
    modified: BigInt(modified),
    changed: BigInt(changed),
  }
}

function writeStatus(status: FileStatus): RecordedStatus {
  const { size, accessed, modified, changed } = status
  return {
    ...status,
    size: size.toString(),
    accessed: accessed.toString(),
    modified: modified.toString(),
    changed: changed.toString(),
  }
}

function readWalk({ entries, isCut }: RecordedWalk): FindAnswer {
  return { entries: entries.map(({ path, status }) => ({ path, status: readStatus(status) })), isCut }
}

function writeWalk({ entries, isCut }: FindAnswer): RecordedWalk {
  return { entries: entries.map(({ path, status }) => ({ path, status: writeStatus(status) })), isCut }
}

function readCommand({ exitStatus, stdout, stderr }: RecordedCommand): CommandResult {
  return { exitStatus, stdout: Buffer.from(stdout.join('\n')), stderr }
}

function writeCommand({ exitStatus, stdout, stderr }: CommandResult): RecordedCommand {
  return { exitStatus, stdout: Buffer.from(stdout).toString('utf8').split('\n'), stderr }
}
