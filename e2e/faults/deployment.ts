import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { bareEnvironment } from '../bare-environment.ts'
import type { Answer, ServerOptions } from '../running-server.ts'
import { RunningServer } from '../running-server.ts'
import { SteppedClock } from './clock.ts'

const entry = join(import.meta.dirname, '../../packages/cli/src/main.ts')

/** One place for a process, which is filled again whenever it is empty. */
interface Slot {
  readonly role: 'server' | 'worker'
  process: ChildProcess | undefined
  server: RunningServer | undefined
  output: readonly string[]
  /** This process was to end. */
  ending: boolean
  /** What was wrong while this process started. */
  trouble: 'database' | 'disk' | undefined
}

/** Servers and workers on one database, in which every process that ends is started again, as a supervisor does. */
export class Deployment {
  readonly #options: ServerOptions
  readonly #slots: Slot[]
  #token: string | undefined
  #stopping = false
  /** Processes that ended though nobody had ended them, with their last lines. */
  readonly crashes: string[] = []
  starts = 0
  #trouble: Slot['trouble']

  constructor(options: ServerOptions, count: { readonly servers: number; readonly workers: number }) {
    this.#options = options
    const roles = [
      ...Array.from({ length: count.servers }, () => 'server' as const),
      ...Array.from({ length: count.workers }, () => 'worker' as const),
    ]
    this.#slots = roles.map((role) => ({
      role,
      process: undefined,
      server: undefined,
      output: [],
      ending: false,
      trouble: undefined,
    }))
  }

  /**
   * What the database or its disk suffers from now. Whoever is up stays up; whoever starts meanwhile may fail, and it may
   * take a while until that process has ended.
   */
  set trouble(trouble: Slot['trouble']) {
    this.#trouble = trouble
    for (const slot of this.#slots) if (slot.server === undefined) slot.trouble ??= trouble
  }

  start(): void {
    for (const slot of this.#slots) this.#fill(slot)
  }

  /** Whoever is there, ready or still starting; undefined when nobody is. */
  get processes(): readonly { readonly role: string; kill(): Promise<void> }[] {
    return this.#slots
      .filter(({ process }) => process !== undefined)
      .map((slot) => ({ role: slot.role, kill: () => this.#end(slot, 'SIGKILL') }))
  }

  /** Until every server is up. */
  ready(): Promise<void> {
    return this.#until((servers) => servers.every(({ server }) => server !== undefined))
  }

  /** Until one of them is. */
  answering(): Promise<void> {
    return this.#until((servers) => servers.some(({ server }) => server !== undefined))
  }

  async #until(holds: (servers: readonly Slot[]) => boolean): Promise<void> {
    const servers = this.#slots.filter(({ role }) => role === 'server')
    for (const end = Date.now() + 400_000; Date.now() < end;) {
      if (this.#stopping || holds(servers)) return
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    throw new Error(`no server became ready:\n${this.#slots.flatMap(({ output }) => output.slice(-20)).join('\n')}`)
  }

  /** To any server that is up, as the administrator. */
  async send(method: string, path: string, body?: unknown): Promise<Answer> {
    await this.answering()
    const servers = this.#slots.flatMap(({ server }) => (server === undefined ? [] : [server]))
    const server = servers[Math.floor(Math.random() * servers.length)]
    if (server === undefined) throw new Error('no server is up')
    this.#token ??= await server.token('admin', RunningServer.password)
    const answer = await server.send(method, path, body, { authorization: `Bearer ${this.#token}` })
    if (answer.status !== 401) return answer
    this.#token = undefined
    return this.send(method, path, body)
  }

  /** Ends everything as an operator does; answers how long the slowest took, and with what. */
  async stop(): Promise<readonly { readonly role: string; readonly code: number | null; readonly ms: number }[]> {
    this.#stopping = true
    return Promise.all(
      this.#slots.map(async (slot) => {
        const began = performance.now()
        const code = await this.#endWithCode(slot, 'SIGTERM')
        return { role: slot.role, code, ms: performance.now() - began }
      }),
    )
  }

  async kill(): Promise<void> {
    this.#stopping = true
    await Promise.all(this.#slots.map((slot) => this.#end(slot, 'SIGKILL')))
  }

  #fill(slot: Slot): void {
    if (this.#stopping) return
    this.starts += 1
    slot.ending = false
    slot.trouble = this.#trouble
    const child = slot.role === 'server' ? this.#startServer(slot) : this.#startWorker(slot)
    slot.process = child
    // Not at its exit: what it said last may not have been read then.
    child.once('close', (code, signal) => {
      SteppedClock.clean(child.pid)
      // One that cannot open the database waits; to end when it goes away after that is what its supervisor expects.
      const isStarting = /async (?:startServer|startWorker)/.test(slot.output.join('\n'))
      const isExcused =
        slot.server === undefined && (slot.trouble === 'disk' || (slot.trouble === 'database' && isStarting))
      if (!slot.ending && !isExcused) this.crashes.push(describeEnd(slot, code ?? signal))
      slot.process = undefined
      slot.server = undefined
      // Not at once: what cannot start would be tried without end.
      setTimeout(() => this.#fill(slot), slot.ending ? 0 : 500)
    })
  }

  #startServer(slot: Slot): ChildProcess {
    const { process, output, ready } = RunningServer.launch(this.#options)
    slot.output = output
    ready.then(
      (server) => {
        if (slot.process === process && process.exitCode === null && process.signalCode === null) slot.server = server
      },
      () => undefined,
    )
    return process
  }

  #startWorker(slot: Slot): ChildProcess {
    const { dataDirectory = '', databaseUrl, environment } = this.#options
    const child = spawn(process.execPath, [entry, 'worker', '--data', dataDirectory], {
      env: { ...bareEnvironment, HOME: dataDirectory, DATABASE_URL: databaseUrl, ...environment },
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    const output: string[] = []
    createInterface({ input: child.stderr }).on('line', (line) => output.push(line))
    slot.output = output
    return child
  }

  async #end(slot: Slot, signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    await this.#endWithCode(slot, signal)
  }

  async #endWithCode(slot: Slot, signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null> {
    const { process: child } = slot
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return child?.exitCode ?? null
    slot.ending = true
    const ended = once(child, 'exit')
    child.kill(signal)
    const [code] = (await ended) as [number | null]
    return code
  }
}

function describeEnd({ role, server, output }: Slot, how: number | string | null): string {
  const last = output.slice(-60).map((line) => line.slice(0, 300))
  return `${role} that ${server === undefined ? 'started' : 'was up'} ended with ${how}:\n${last.join('\n')}`
}
