import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { DatabaseError } from './database-error.ts'
import type { EmbeddedOptions, EmbeddedReply, EmbeddedRequest, EmbeddedRows } from './embedded-worker.ts'
import { lockFolder } from './lock-file.ts'

/** The PostgreSQL release inside the embedded database; its files are not readable by another one. */
const postgresVersion = '18'

type Pending = { resolve(results: EmbeddedRows[]): void; reject(error: Error): void }
type WithoutId<Request> = Request extends unknown ? Omit<Request, 'id'> : never

/** The embedded database, running in a thread of its own. One connection: `exclusive` says who has it. */
export class Embedded {
  readonly #worker: Worker
  readonly #unlock: () => void
  readonly #pending = new Map<number, Pending>()
  readonly #listeners = new Map<string, Set<(payload: string) => void>>()
  #lastId = 0
  #turn: Promise<void> = Promise.resolve()
  #ended: Error | undefined

  private constructor(worker: Worker, unlock: () => void) {
    this.#worker = worker
    this.#unlock = unlock
    worker.on('message', (reply: EmbeddedReply) => this.#receive(reply))
    worker.on('error', (error) => this.#end(error instanceof Error ? error : new Error(String(error))))
    worker.on('exit', () => this.#end(new DatabaseError('database-closed', 'the embedded database was closed')))
  }

  /** `folder` undefined: in memory, for tests. */
  static async open(folder: string | undefined): Promise<Embedded> {
    const unlock = folder === undefined ? () => undefined : lockFolder(folder)
    const files = folder === undefined ? undefined : join(folder, 'postgres')
    try {
      if (files !== undefined) checkVersion(files)
      const worker = new Worker(new URL('./embedded-worker.ts', import.meta.url), {
        workerData: { folder: files } satisfies EmbeddedOptions,
        execArgv: [],
      })
      const embedded = new Embedded(worker, unlock)
      await new Promise<EmbeddedRows[]>((resolve, reject) => embedded.#pending.set(0, { resolve, reject }))
      return embedded
    } catch (error) {
      unlock()
      throw error
    }
  }

  /** Runs `use` while nobody else has the connection. A statement outside of it, awaited inside, would wait for ever. */
  async exclusive<Result>(use: () => Promise<Result>): Promise<Result> {
    const release = await this.acquire()
    try {
      return await use()
    } finally {
      release()
    }
  }

  async acquire(): Promise<() => void> {
    const before = this.#turn
    let release: () => void = () => undefined
    this.#turn = new Promise((resolve) => (release = resolve))
    await before
    return release
  }

  async query(sql: string, parameters: readonly unknown[]): Promise<EmbeddedRows> {
    const [result] = await this.#send({ kind: 'query', sql, parameters })
    return result ?? { rows: [], affectedRows: undefined }
  }

  /** Several statements without parameters. */
  exec(sql: string): Promise<EmbeddedRows[]> {
    return this.#send({ kind: 'exec', sql })
  }

  async listen(channel: string, onPayload: (payload: string) => void): Promise<() => Promise<void>> {
    const listeners = this.#listeners.get(channel) ?? new Set()
    listeners.add(onPayload)
    if (!this.#listeners.has(channel)) {
      this.#listeners.set(channel, listeners)
      await this.exclusive(() => this.#send({ kind: 'listen', channel }))
    }
    return async () => {
      listeners.delete(onPayload)
      if (listeners.size > 0 || this.#ended !== undefined) return
      this.#listeners.delete(channel)
      await this.exclusive(() => this.#send({ kind: 'unlisten', channel }))
    }
  }

  async close(): Promise<void> {
    if (this.#ended !== undefined) return
    await this.exclusive(() => this.#send({ kind: 'close' }))
    await this.#worker.terminate()
    this.#unlock()
  }

  #send(request: WithoutId<EmbeddedRequest>): Promise<EmbeddedRows[]> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended)
    const id = (this.#lastId += 1)
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject })
      this.#worker.postMessage({ ...request, id })
    })
  }

  #receive(reply: EmbeddedReply): void {
    if ('notification' in reply) {
      for (const listener of this.#listeners.get(reply.notification) ?? []) listener(reply.payload)
      return
    }
    const pending = this.#pending.get(reply.id)
    this.#pending.delete(reply.id)
    if ('error' in reply) pending?.reject(Object.assign(new Error(reply.error.message), reply.error))
    else pending?.resolve(reply.results)
  }

  #end(error: Error): void {
    this.#ended ??= error
    for (const pending of this.#pending.values()) pending.reject(this.#ended)
    this.#pending.clear()
  }
}

function checkVersion(files: string): void {
  const path = join(files, 'PG_VERSION')
  if (!existsSync(path)) return
  const found = readFileSync(path, 'utf8').trim()
  if (found === postgresVersion) return
  throw new DatabaseError(
    'database-version',
    `${files} was written by PostgreSQL ${found}, this release has ${postgresVersion}; start the release that wrote it, export with pg_dump through DATABASE_URL, or name an empty directory with --data`,
  )
}
