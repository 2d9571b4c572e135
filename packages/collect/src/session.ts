/** What lstat tells of a file (its own status, not that of what it points at). Times are whole seconds of the epoch. */
export interface FileStatus {
  readonly kind: FileKind
  /** The permission bits with set-user-ID, set-group-ID and sticky: `mode & 0o7777`. */
  readonly mode: number
  readonly userId: number
  readonly groupId: number
  readonly size: bigint
  readonly accessed: bigint
  readonly modified: bigint
  readonly changed: bigint
  readonly device: string
  readonly inode: string
}

export type FileKind =
  | 'block special'
  | 'character special'
  | 'directory'
  | 'fifo'
  | 'regular'
  | 'socket'
  | 'symbolic link'
  | 'unknown'

const kinds: Readonly<Record<number, FileKind>> = {
  0o01: 'fifo',
  0o02: 'character special',
  0o04: 'directory',
  0o06: 'block special',
  0o10: 'regular',
  0o12: 'symbolic link',
  0o14: 'socket',
}

/** By the upper bits of a mode as stat(2) has it. */
export const kindOfMode = (mode: number): FileKind => kinds[mode >> 12] ?? 'unknown'

/** A byte of a name that is no UTF-8 is a lone surrogate, U+DC80 to U+DCFF, here and in all paths. */
export interface DirectoryEntry {
  readonly name: string
  readonly kind: FileKind
}

/**
 * A walk down a file system: where it goes, and which of the entries that it meets it answers with. Plain data, so that it
 * can travel: to another thread, or as the parameters of find(1).
 */
export interface FindRequest {
  /** An absolute path. When it is a link, what it leads to is walked, under the link's name. No other link is followed. */
  readonly start: string
  /** How many levels below the start entries are met, the start itself being level 0; without, all of them (`-maxdepth`). */
  readonly maxDepth?: number
  /** Directories that are met but not entered, by their absolute paths: where other file systems are mounted (`-prune`). */
  readonly barred: readonly string[]
  /**
   * What an entry must be to be answered with. A session may answer with more entries than that, when it cannot tell, and
   * never with fewer: whoever asks looks again.
   */
  readonly where: FileCondition
  /** The most entries to answer with. */
  readonly limit: number
}

/** What is asked of one entry of a walk. Patterns never stand below `not`, so that not to heed them gives more, not less. */
export type FileCondition =
  /** Holds when all hold; without any, always. */
  | { readonly all: readonly FileCondition[] }
  | { readonly any: readonly FileCondition[] }
  | { readonly not: FileCondition }
  | { readonly kind: FileKind }
  /** All of these bits of the mode are set (`-perm -…`). */
  | { readonly mode: number }
  /** The owner's number is in one of these ranges, both ends included. */
  | { readonly user: readonly NumberRange[] }
  | { readonly group: readonly NumberRange[] }
  /** The last part of the path is one of these. */
  | { readonly name: readonly string[] }
  /** A Perl 5 pattern that the last part of the path, or the whole of it, must match. */
  | { readonly namePattern: string }
  | { readonly pathPattern: string }

export type NumberRange = readonly [least: number, most: number]

export interface FoundEntry {
  readonly path: string
  readonly status: FileStatus
}

export interface FindAnswer {
  /** In no particular order. */
  readonly entries: readonly FoundEntry[]
  /** There would have been more than the limit allows. */
  readonly isCut: boolean
}

export interface CommandResult {
  readonly exitStatus: number
  readonly stdout: Uint8Array
  readonly stderr: string
}

/**
 * One open conversation with an asset: what a test type can ask of it, whatever the transport. It reads and never writes.
 *
 * `undefined` has one meaning, *there is no such file*. Anything else that stops a request throws a `TransportError`.
 * Requests may be made at the same time; a transport gathers those of one tick into one exchange.
 */
export interface Session {
  /** For messages: `this machine`, `web-3`. */
  readonly asset: string
  /** Whether commands of the asset can be run; not so in a file system that is only mounted. */
  readonly canRun: boolean
  /**
   * In a file system that is only mounted: where this machine's programs find a path of it, its last part not followed;
   * `undefined` when a part on the way is not there.
   */
  readonly placeOf?: (path: string) => Promise<string | undefined>
  /** What is asked in one tick goes out together, and each wait for the asset costs its whole distance. */
  readonly asksInRounds?: true
  /** What only root may read is read by the single commands that sudo allows; nothing else is run as root. */
  readonly asksSudoForCommands?: true
  /** Paths of an object may be relative to the folder that this process works in; otherwise such name nothing. */
  readonly takesRelativePaths?: true
  /** A file's bytes. A link is followed. */
  readBytes(path: string): Promise<Uint8Array | undefined>
  /** The same as text: UTF-8, with U+FFFD for what is not. */
  readText(path: string): Promise<string | undefined>
  status(path: string): Promise<FileStatus | undefined>
  list(directory: string): Promise<readonly DirectoryEntry[] | undefined>
  /**
   * Walks down from a directory. `undefined`: there is no such start. A directory that cannot be read fails the whole walk:
   * what nobody looked into is not empty; one that vanishes meanwhile does not. Walks that begin at one place at the same
   * time are made as one.
   */
  find(request: FindRequest): Promise<FindAnswer | undefined>
  /** What a symbolic link points at, as written in it. */
  readLink(path: string): Promise<string | undefined>
  /** The path without links, `.` and `..`. */
  canonicalPath(path: string): Promise<string | undefined>
  /**
   * Runs a read-only command, its parameters as they are, under `LC_ALL=C`. A program that is not there throws
   * `command-not-found`. `input` is what it reads from standard input, otherwise nothing: text that shows in no argument.
   * For a file system that is only mounted the few programs of this machine run that look at files and need no system.
   */
  run(command: readonly [string, ...string[]], input?: string): Promise<CommandResult>
  /** Makes a value once for the conversation: a file that many objects need is parsed once. */
  readonly once: <Value>(key: string, make: () => Promise<Value>) => Promise<Value>
  close(): Promise<void>
}

/** A cache for {@link Session.once}. A failure is kept too: what could not be read once is not asked for again. */
export function onceCache(): Session['once'] {
  const made = new Map<string, Promise<unknown>>()
  return <Value>(key: string, make: () => Promise<Value>): Promise<Value> => {
    let value = made.get(key)
    if (value === undefined) {
      value = make()
      // Nobody may be waiting for it yet.
      value.catch(() => undefined)
      made.set(key, value)
    }
    // Each key is used for one type of value.
    return value as Promise<Value>
  }
}
