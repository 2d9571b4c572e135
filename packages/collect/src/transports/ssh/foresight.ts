import type { DirectoryEntry, FileStatus } from '../../session.ts'
import type { Request } from './requests.ts'

/** What was brought along unasked with the real name of a file, since whoever asks for that will look at the file next. */
export interface Foresight {
  /** Asks for the rest together with the real name. */
  look(path: string, canonical: Promise<string | undefined>): void
  /** What is known of a path; undefined when it has to be asked for. */
  canonical(path: string): Promise<string | undefined> | undefined
  status(path: string): Promise<FileStatus | undefined> | undefined
  content(path: string): Promise<Uint8Array | undefined> | undefined
  list(path: string): Promise<readonly DirectoryEntry[] | undefined> | undefined
}

/** Files that are larger are not brought along. */
export const peekBytes = 64 * 1024
/** So many files are looked at ahead in a conversation; a walk over thousands of them gains nothing by it. */
const maxLooks = 300

/** An answer may be given to several, who ask at about the same time; not to those who ask again later. */
const freshMs = 10_000

interface Seen<Value> {
  readonly answer: Promise<Value>
  staleAt: number
}

/**
 * The way to a file's text, or to what is in a directory, is long: its real name, that one's status, its content, and each
 * would wait for the asset. With this they are one round.
 */
export function openForesight(ask: (request: Request) => Promise<unknown>): Foresight {
  const canonicals = new Map<string, Seen<string | undefined>>()
  const statuses = new Map<string, Seen<FileStatus | undefined>>()
  const contents = new Map<string, Seen<Uint8Array | undefined>>()
  const lists = new Map<string, Seen<readonly DirectoryEntry[] | undefined>>()
  let looks = 0
  return {
    look(path, canonical) {
      if (looks >= maxLooks || fresh(contents, path) !== undefined) return
      looks += 1
      // Objects of several kinds ask for the same file, each when it has come so far.
      canonicals.set(path, seen(canonical))
      const status = seen(ask({ kind: 'target', path }) as Promise<FileStatus | undefined>)
      contents.set(path, seen(ask({ kind: 'peek', path }) as Promise<Uint8Array | undefined>))
      const list = seen(ask({ kind: 'list', path }) as Promise<readonly DirectoryEntry[] | undefined>)
      void canonical.then(
        (name) => {
          if (name === undefined) return
          statuses.set(name, status)
          lists.set(name, list)
        },
        () => undefined,
      )
    },
    canonical: (path) => fresh(canonicals, path),
    status: (path) => fresh(statuses, path),
    content: (path) => fresh(contents, path),
    list: (path) => fresh(lists, path),
  }
}

function seen<Value>(answer: Promise<Value>): Seen<Value> {
  const one: Seen<Value> = { answer, staleAt: Number.POSITIVE_INFINITY }
  const isThere = (): void => {
    one.staleAt = performance.now() + freshMs
  }
  // Whoever never asks for it need not hear of a failure.
  answer.then(isThere, isThere)
  return one
}

function fresh<Value>(from: Map<string, Seen<Value>>, key: string): Promise<Value> | undefined {
  const found = from.get(key)
  if (found === undefined) return undefined
  if (performance.now() < found.staleAt) return found.answer
  from.delete(key)
  return undefined
}
