import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { compiledPostgres } from './compiled-postgres.ts'
import { DatabaseError } from './database-error.ts'
import type { EmbeddedOptions, EmbeddedReply, EmbeddedRequest, EmbeddedRows } from './embedded-worker.ts'
import { lockFolder } from './lock-file.ts'
import { makeEmbedded } from './make-embedded.ts'

/** The PostgreSQL release inside the embedded database; its files are not readable by another one. */
const postgresVersion = '18'

type Pending = { resolve(results: EmbeddedRows[]): void; reject(error: Error): void }
type WithoutId<Request> = Request extends unknown ? Omit<Request, 'id'> : never

/** How long a database that has broken is left alone before it is opened again. */
const reopenMs = 1000

export interface EmbeddedSettings {
  /** Undefined: in memory, for tests. Such a database cannot be opened again, so its statements have no limit. */
  readonly folder: string | undefined
  /** In memory: what its files are at first; anew without. */
  readonly archive?: string | undefined
  /** The longest that one query may take. */
  readonly statementLimitMs: number
}

/**
 * The embedded database, running in a thread of its own. One connection: `exclusive` says who has it. A query that takes
 * longer than the limit is ended with the thread, the only way there is, and the database opened again: what was
 * acknowledged is on disk, and whoever has the connection finds it lost until it is given back.
 */
export class Embedded {
  readonly #settings: EmbeddedSettings
  readonly #unlock: () => void
  readonly #pending = new Map<number, Pending>()
  readonly #listeners = new Map<string, Set<(payload: string) => void>>()
  #worker!: Worker
  #lastId = 0
  #turn: Promise<void> = Promise.resolve()
  #opening: Promise<void> = Promise.resolve()
  /** Why nobody can use it, and since when. */
  #broken: Error | undefined
  #brokenAt = 0
  /** Why the one who has the connection can no longer use it. */
  #lost: Error | undefined
  #ended: Error | undefined

  private constructor(settings: EmbeddedSettings, unlock: () => void) {
    this.#settings = settings
    this.#unlock = unlock
  }

  /** The signal gives up the making of one that is not there yet. */
  static async open(settings: EmbeddedSettings, signal?: AbortSignal): Promise<Embedded> {
    const { folder } = settings
    const unlock = folder === undefined ? () => undefined : lockFolder(folder)
    try {
      if (folder !== undefined) {
        checkVersion(join(folder, 'postgres'))
        await makeEmbedded(join(folder, 'postgres'), signal)
      }
      const embedded = new Embedded(settings, unlock)
      await embedded.#start()
      return embedded
    } catch (error) {
      unlock()
      if (error instanceof DatabaseError) throw error
      const why = error instanceof Error ? error.message : String(error)
      throw new DatabaseError(
        'database-unreachable',
        `the embedded database in ${folder} cannot be opened: ${why}; see that the disk has space and lets this account write`,
        { cause: error },
      )
    }
  }

  async #start(): Promise<void> {
    const { folder, archive } = this.#settings
    const postgres = await compiledPostgres()
    const worker = new Worker(new URL('./embedded-worker.ts', import.meta.url), {
      workerData: {
        folder: folder === undefined ? undefined : join(folder, 'postgres'),
        archive,
        postgres,
      } satisfies EmbeddedOptions,
      execArgv: [],
    })
    this.#worker = worker
    const ready = Promise.withResolvers<void>()
    let isReady = false
    const end = (error: Error): void => {
      if (worker !== this.#worker) return
      if (isReady) this.#break(error)
      else ready.reject(error)
    }
    worker.on('message', (reply: EmbeddedReply) => this.#receive(reply))
    worker.on('error', (error) => end(error instanceof Error ? error : new Error(String(error))))
    worker.on('exit', () => end(new DatabaseError('database-closed', 'the embedded database was closed')))
    this.#pending.set(0, { resolve: () => ready.resolve(), reject: ready.reject })
    return ready.promise.then(() => void (isReady = true))
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
    await this.#opening
    if (this.#broken !== undefined && performance.now() - this.#brokenAt > reopenMs) {
      this.#opening = this.#reopen()
      await this.#opening
    }
    return () => {
      this.#lost = undefined
      release()
    }
  }

  async query(sql: string, parameters: readonly unknown[]): Promise<EmbeddedRows> {
    const { folder, statementLimitMs } = this.#settings
    const limit = folder === undefined ? undefined : setTimeout(() => this.#restart(), statementLimitMs)
    try {
      const [result] = await this.#send({ kind: 'query', sql, parameters })
      return result ?? { rows: [], affectedRows: undefined }
    } finally {
      clearTimeout(limit)
    }
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
    await this.exclusive(async () => {
      if (this.#broken === undefined) await this.#send({ kind: 'close' })
      this.#ended = new DatabaseError('database-closed', 'the embedded database was closed')
    })
    await this.#worker.terminate()
    this.#unlock()
  }

  #send(request: WithoutId<EmbeddedRequest>): Promise<EmbeddedRows[]> {
    const unusable = this.#ended ?? this.#broken ?? this.#lost
    return unusable === undefined ? this.#reach(request) : Promise.reject(unusable)
  }

  #reach(request: WithoutId<EmbeddedRequest>): Promise<EmbeddedRows[]> {
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
    if ('error' in reply) {
      const error = Object.assign(new Error(reply.error.message), reply.error)
      pending?.reject(error)
      // PostgreSQL itself has ended, for want of space in its log for instance; what it is asked now is never answered.
      if (['PANIC', 'FATAL'].includes(String(reply.error['severity']))) this.#break(error)
    } else pending?.resolve(reply.results)
  }

  #restart(): void {
    const seconds = this.#settings.statementLimitMs / 1000
    this.#lost = new DatabaseError('statement-timeout', `a statement took longer than ${seconds} s and was ended`)
    this.#opening = this.#reopen()
    this.#refuse(this.#lost)
  }

  /** Opens the database in a new thread; when that fails too, it is tried again for whoever asks a second later. */
  async #reopen(): Promise<void> {
    try {
      await this.#worker.terminate()
      await this.#start()
      this.#broken = undefined
      for (const channel of this.#listeners.keys()) await this.#reach({ kind: 'listen', channel })
    } catch (error) {
      this.#break(error instanceof Error ? error : new Error(String(error)))
    }
  }

  /** It cannot be used until it is opened anew. */
  #break(error: Error): void {
    this.#broken = new DatabaseError(
      'database-closed',
      `the embedded database has stopped and is opened again: ${error.message}; see that the disk has space`,
      { cause: error },
    )
    this.#brokenAt = performance.now()
    this.#refuse(this.#broken)
  }

  #refuse(error: Error): void {
    for (const pending of this.#pending.values()) pending.reject(error)
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
