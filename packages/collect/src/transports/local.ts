import { spawn } from 'node:child_process'
import { lstat, open, readdir, readlink, realpath } from 'node:fs/promises'
import { asTransportError, TransportError } from '../errors.ts'
import { onceCache } from '../session.ts'
import type { CommandResult, DirectoryEntry, Session } from '../session.ts'
import { asStatus, kindOf } from './file-status.ts'
import { limiter } from './limiter.ts'
import { localFinder } from './local-find.ts'

export interface LocalOptions {
  readonly asset?: string
  readonly signal?: AbortSignal | undefined
  readonly maxFileBytes?: number
  readonly commandTimeoutMs?: number
}

const defaultMaxFileBytes = 64 * 1024 * 1024
const defaultCommandTimeoutMs = 120_000
const maxOutputBytes = 256 * 1024 * 1024
/** Open files and running commands at a time; the thread pool has four. */
const concurrentReads = 16
const concurrentCommands = 4
/** Where administration tools are; a service's own PATH may lack some. */
const commandPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/** The machine that this process runs on. */
export function openLocalSession(options: LocalOptions = {}): Session {
  const { asset = 'this machine', signal, maxFileBytes = defaultMaxFileBytes } = options
  const reads = limiter(concurrentReads)
  const commands = limiter(concurrentCommands)
  const finder = localFinder(asset, signal)

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
    status: (path) => attempt(path, async () => asStatus(await lstat(path, { bigint: true }))),
    list: (directory) => attempt(directory, () => listEntries(directory)),
    find: (request) => finder.find(request),
    readLink: (path) => attempt(path, () => readlink(path)),
    canonicalPath: (path) => attempt(path, () => realpath(path)),
    run: (command, input) =>
      commands(() => runCommand(command, input, asset, options.commandTimeoutMs ?? defaultCommandTimeoutMs, signal)),
    once: onceCache(),
    close: async () => finder.close(),
  }
  return session
}

/** Not by the size that stat tells: files of /proc say 0. A pipe or device would keep us waiting for ever. */
async function readWhole(path: string, maxBytes: number, asset: string): Promise<Uint8Array> {
  // O_NONBLOCK: opening a pipe that nobody writes to would block.
  const file = await open(path, 0o4000)
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
  const entries = await readdir(directory, { withFileTypes: true })
  return entries.map((entry) => ({ name: entry.name, kind: kindOf(entry) }))
}

function runCommand(
  [program, ...parameters]: readonly [string, ...string[]],
  input: string | undefined,
  asset: string,
  timeoutMs: number,
  signal: AbortSignal | undefined,
): Promise<CommandResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, parameters, {
      env: { PATH: commandPath, LC_ALL: 'C' },
      stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
      // A process group of its own, so that what it starts is ended with it.
      detached: true,
    })
    // It may end before it has read all of it.
    child.stdin?.on('error', () => undefined)
    child.stdin?.end(input)
    const stdout: Buffer[] = []
    let size = 0
    let stderr = ''
    let failure: Error | undefined
    const end = (error: Error): void => {
      failure ??= error
      try {
        if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
      } catch {
        // It has just ended by itself.
      }
    }
    const timer = setTimeout(
      () => end(new TransportError('timed-out', `${program} on ${asset} did not end within ${timeoutMs / 1000} s`)),
      timeoutMs,
    )
    const abort = (): void => end(signal?.reason instanceof Error ? signal.reason : new Error('aborted'))
    if (signal?.aborted === true) abort()
    signal?.addEventListener('abort', abort, { once: true })
    child.stdout?.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size > maxOutputBytes) end(new TransportError('too-large', `${program} on ${asset} printed too much`))
      else stdout.push(chunk)
    })
    child.stderr?.on('data', (chunk: Buffer) => {
      if (stderr.length < 4096) stderr += chunk.toString('utf8')
    })
    child.on('error', (error: NodeJS.ErrnoException) => {
      failure ??=
        error.code === 'ENOENT'
          ? new TransportError('command-not-found', `${program} is not installed on ${asset}`)
          : new TransportError('command-failed', `cannot run ${program} on ${asset}: ${error.message}`, {
              cause: error,
            })
    })
    child.on('close', (code, killedBy) => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', abort)
      if (failure !== undefined) reject(failure)
      else if (code === null) {
        reject(new TransportError('command-failed', `${program} on ${asset} was ended by ${killedBy ?? 'a signal'}`))
      } else resolve({ exitStatus: code, stdout: Buffer.concat(stdout), stderr })
    })
  })
}
