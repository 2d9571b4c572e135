import { parentPort, workerData } from 'node:worker_threads'
import type { CompiledPostgres } from './compiled-postgres.ts'
import { openPglite } from './open-pglite.ts'

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
  readonly archive: string | undefined
  /** PostgreSQL, compiled. */
  readonly postgres: CompiledPostgres
}

const port = parentPort
if (port === null) throw new Error('this file runs as a worker thread')

const { folder, archive, postgres } = workerData as EmbeddedOptions
const database = await openPglite(folder, { archive, postgres })
const listening = new Map<string, () => Promise<void>>()
port.postMessage({ id: 0, results: [] } satisfies EmbeddedReply)

let last: Promise<void> = Promise.resolve()
port.on('message', (request: EmbeddedRequest) => {
  last = last.then(async () => {
    port.postMessage(await answer(request))
    if (request.kind === 'close') port.close()
  })
})

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
