import { lstat, open, readdir, readlink, realpath } from 'node:fs/promises'
import { asTransportError, TransportError } from '../errors.ts'
import { onceCache } from '../session.ts'
import type { DirectoryEntry, Session } from '../session.ts'
import { bytesOf, isDoubtful, textOf } from './file-name.ts'
import { asStatus, kindOf } from './file-status.ts'
import { limiter } from './limiter.ts'
import { runCommand } from './local-command.ts'
import { localFinder } from './local-find.ts'

export interface LocalOptions {
  readonly asset?: string
  readonly signal?: AbortSignal | undefined
  readonly maxFileBytes?: number
  readonly commandTimeoutMs?: number
  /** Walks over more entries are left to find(1), where this machine has GNU's. */
  readonly mostEntriesWalked?: number
}

const defaultMaxFileBytes = 64 * 1024 * 1024
const defaultCommandTimeoutMs = 120_000
/** Open files and running commands at a time; the thread pool has four. */
const concurrentReads = 16
const concurrentCommands = 4

/** The machine that this process runs on. */
export function openLocalSession(options: LocalOptions = {}): Session {
  const { asset = 'this machine', signal, maxFileBytes = defaultMaxFileBytes } = options
  const reads = limiter(concurrentReads)
  const commands = limiter(concurrentCommands)
  const finder = localFinder(asset, signal, options.mostEntriesWalked)

  const attempt = <Value>(path: string, read: () => Promise<Value>): Promise<Value | undefined> =>
    reads(async () => {
      signal?.throwIfAborted()
      try {
        return await read()
      } catch (error) {
        // ENOTDIR: a file where a directory would have to be, so the path names nothing either.
        if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined
        throw asTransportError(error, path, asset)
      }
    })

  const session: Session = {
    asset,
    canRun: true,
    readBytes: (path) => attempt(path, () => readWhole(path, maxFileBytes, asset)),
    async readText(path) {
      const bytes = await session.readBytes(path)
      return bytes === undefined ? undefined : new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes)
    },
    status: (path) => attempt(path, async () => asStatus(await lstat(bytesOf(path), { bigint: true }))),
    list: (directory) => attempt(directory, () => listEntries(directory)),
    find: (request) => finder.find(request),
    readLink: (path) => attempt(path, async () => textOf(await readlink(bytesOf(path), 'buffer'))),
    canonicalPath: (path) => attempt(path, async () => textOf(await realpath(bytesOf(path), 'buffer'))),
    run: (command, input) =>
      commands(() =>
        runCommand(command, { asset, signal, input, timeoutMs: options.commandTimeoutMs ?? defaultCommandTimeoutMs }),
      ),
    once: onceCache(),
    close: async () => finder.close(),
  }
  return session
}

/** Not by the size that stat tells: files of /proc say 0. A pipe or device would keep us waiting for ever. */
async function readWhole(path: string, maxBytes: number, asset: string): Promise<Uint8Array> {
  // O_NONBLOCK: opening a pipe that nobody writes to would block.
  const file = await open(bytesOf(path), 0o4000)
  try {
    const status = await file.stat()
    if (!status.isFile()) {
      const what = status.isDirectory() ? 'a directory' : 'no regular file'
      throw new TransportError('input-output-error', `cannot read ${path} on ${asset}: it is ${what}`)
    }
    const chunks: Buffer[] = []
    let size = 0
    for (;;) {
      const room = Math.max(status.size - size, 0) + 1
      const chunk = Buffer.allocUnsafe(Math.min(Math.max(room, 16_384), 4_194_304))
      const { bytesRead } = await file.read(chunk)
      if (bytesRead === 0) return Buffer.concat(chunks, size)
      chunks.push(chunk.subarray(0, bytesRead))
      size += bytesRead
      if (size > maxBytes) {
        throw new TransportError('too-large', `cannot read ${path} on ${asset}: it is larger than ${maxBytes} bytes`)
      }
    }
  } finally {
    await file.close()
  }
}

async function listEntries(directory: string): Promise<DirectoryEntry[]> {
  const entries = await readdir(bytesOf(directory), { withFileTypes: true })
  if (!entries.some(({ name }) => isDoubtful(name))) {
    return entries.map((entry) => ({ name: entry.name, kind: kindOf(entry) }))
  }
  const inBytes = await readdir(bytesOf(directory), { withFileTypes: true, encoding: 'buffer' })
  return inBytes.map((entry) => ({ name: textOf(entry.name), kind: kindOf(entry) }))
}
