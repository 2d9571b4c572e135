import { fsyncSync } from 'node:fs'
import { parentPort, workerData } from 'node:worker_threads'
import { PGlite } from '@electric-sql/pglite'
import { NodeFS } from '@electric-sql/pglite/nodefs'
import { embeddedParsers } from './value-parsers.ts'

/*
 * The thread that holds the embedded database: a query must not block the event loop, and ending the thread is the only
 * way to end a statement. It answers one message after another; see embedded.ts for the other side.
 */

export type EmbeddedRequest =
  | { readonly id: number; readonly kind: 'query'; readonly sql: string; readonly parameters: readonly unknown[] }
  | { readonly id: number; readonly kind: 'exec'; readonly sql: string }
  | { readonly id: number; readonly kind: 'listen' | 'unlisten'; readonly channel: string }
  | { readonly id: number; readonly kind: 'close' }

export interface EmbeddedRows {
  readonly rows: Record<string, unknown>[]
  readonly affectedRows: number | undefined
}

export type EmbeddedReply =
  | { readonly id: number; readonly results: EmbeddedRows[] }
  | { readonly id: number; readonly error: Record<string, unknown> & { readonly message: string } }
  | { readonly notification: string; readonly payload: string }

export interface EmbeddedOptions {
  /** Undefined: in memory. */
  readonly folder: string | undefined
}

/** PGlite's own file system never calls fsync, and starts PostgreSQL with it off: an acknowledged commit would not survive a power cut. */
class DurableNodeFS extends NodeFS {
  override async init(...parameters: Parameters<NodeFS['init']>): ReturnType<NodeFS['init']> {
    const { emscriptenOpts } = await super.init(...parameters)
    const syncFiles = (module: unknown): void => {
      // The module's file system table; PGlite's types leave it out.
      const { NODEFS } = module as { NODEFS: { stream_ops: { fsync?: (stream: { nfd: number }) => number } } }
      NODEFS.stream_ops.fsync = (stream) => {
        fsyncSync(stream.nfd)
        return 0
      }
    }
    return { emscriptenOpts: { ...emscriptenOpts, preRun: [...(emscriptenOpts.preRun ?? []), syncFiles] } }
  }
}

const port = parentPort
if (port === null) throw new Error('this file runs as a worker thread')

const { folder } = workerData as EmbeddedOptions
const settings = ['-c', 'shared_buffers=16MB', '-c', 'timezone=UTC']
const database = await open().catch((error: unknown) => {
  throw error instanceof Error ? error : new Error(`its files cannot be read or written: ${systemError(error)}`)
})
const listening = new Map<string, () => Promise<void>>()
port.postMessage({ id: 0, results: [] } satisfies EmbeddedReply)

let last: Promise<void> = Promise.resolve()
port.on('message', (request: EmbeddedRequest) => {
  last = last.then(async () => {
    port.postMessage(await answer(request))
    if (request.kind === 'close') port.close()
  })
})

function open(): Promise<PGlite> {
  if (folder === undefined)
    return PGlite.create({ parsers: embeddedParsers, startParams: [...PGlite.defaultStartParams, ...settings] })
  return PGlite.create({
    fs: new DurableNodeFS(folder),
    parsers: embeddedParsers,
    // The default, fdatasync, does nothing in this build.
    startParams: [
      ...PGlite.defaultStartParams.filter((parameter) => parameter !== '-F'),
      ...settings,
      '-c',
      'wal_sync_method=fsync',
    ],
  })
}

/** The file system below PostgreSQL throws objects with a number of WASI (`__wasi_errno_t`), which are no errors of JavaScript. */
function systemError(thrown: unknown): string {
  const { errno } = thrown as { readonly errno?: unknown }
  const known: Readonly<Record<number, string>> = {
    2: 'Permission denied',
    29: 'Input/output error',
    51: 'No space left on device',
  }
  return known[Number(errno)] ?? `error ${String(errno)} of the file system`
}

async function answer(request: EmbeddedRequest): Promise<EmbeddedReply> {
  try {
    return { id: request.id, results: await perform(request) }
  } catch (error) {
    const { message, ...fields } = error as Error & Record<string, unknown>
    return { id: request.id, error: { ...plain(fields), message } }
  }
}

async function perform(request: EmbeddedRequest): Promise<EmbeddedRows[]> {
  switch (request.kind) {
    case 'query': {
      const { rows, affectedRows } = await database.query<Record<string, unknown>>(request.sql, [...request.parameters])
      return [{ rows, affectedRows }]
    }
    case 'exec':
      return (await database.exec(request.sql)).map(({ rows, affectedRows }) => ({ rows, affectedRows }))
    case 'listen': {
      const stop = await database.listen(request.channel, (payload) =>
        port?.postMessage({ notification: request.channel, payload } satisfies EmbeddedReply),
      )
      listening.set(request.channel, () => stop())
      return []
    }
    case 'unlisten':
      await listening.get(request.channel)?.()
      listening.delete(request.channel)
      return []
    case 'close':
      await database.close()
      return []
  }
}

/** What of an error may cross threads: PostgreSQL's fields (code, constraint, detail …). */
function plain(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => ['string', 'number'].includes(typeof value)))
}
