import { execFile, spawn } from 'node:child_process'
import { chownSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const versions = '/usr/lib/postgresql'

/** A PostgreSQL server of our own, in a folder of its own, that may be stopped and started at will. */
export class PostgresCluster {
  readonly url: string
  readonly #folder: string
  readonly #port: number
  readonly #environment: Readonly<Record<string, string>>

  private constructor(folder: string, port: number, environment: Readonly<Record<string, string>>) {
    this.#folder = folder
    this.#port = port
    this.#environment = environment
    this.url = `postgres://postgres@127.0.0.1:${port}/postgres`
  }

  /** Undefined where PostgreSQL is not installed. */
  static get binaries(): string | undefined {
    try {
      const newest = readdirSync(versions)
        .map(Number)
        .toSorted((a, b) => b - a)[0]
      return newest === undefined ? undefined : join(versions, String(newest), 'bin')
    } catch {
      return undefined
    }
  }

  static async start(environment: Readonly<Record<string, string>> = {}): Promise<PostgresCluster> {
    const folder = mkdtempSync(join(tmpdir(), 'plumbline-postgres-'))
    const cluster = new PostgresCluster(folder, await freePort(), environment)
    // PostgreSQL refuses to run as root.
    if (process.getuid?.() === 0) chownSync(folder, await idOfPostgres(), statSync(folder).gid)
    await cluster.#call('initdb', '-D', join(folder, 'data'), '-A', 'trust', '-E', 'UTF8', '--locale=C.UTF-8')
    await cluster.begin()
    return cluster
  }

  async begin(): Promise<void> {
    const options = `-p ${this.#port} -k ${this.#folder} -c listen_addresses=127.0.0.1 -c max_connections=300`
    await this.#control('-l', join(this.#folder, 'log'), '-w', '-o', options, 'start')
  }

  /** As when the machine loses power, but for what it had written: recovery follows at the next start. */
  async crash(): Promise<void> {
    await this.#control('-m', 'immediate', '-w', 'stop')
  }

  async remove(): Promise<void> {
    await this.crash().catch(() => undefined)
    rmSync(this.#folder, { recursive: true, force: true })
  }

  #control(...parameters: readonly string[]): Promise<void> {
    return this.#call('pg_ctl', '-D', join(this.#folder, 'data'), ...parameters)
  }

  async #call(program: string, ...parameters: readonly string[]): Promise<void> {
    const path = join(PostgresCluster.binaries ?? '', program)
    const [command, all] =
      process.getuid?.() === 0 ? ['runuser', ['-u', 'postgres', '--', path, ...parameters]] : [path, [...parameters]]
    const env = { PATH: process.env['PATH'], ...this.#environment }
    await new Promise<void>((resolve, reject) => {
      // The server keeps what it inherits: with a pipe, this would wait for its end.
      const child = spawn(command, all, { cwd: this.#folder, env, stdio: 'ignore' })
      child.once('error', reject)
      child.once('exit', (code) => {
        if (code === 0) resolve()
        else reject(new Error(`${program} ended with ${code}; see ${this.#folder}/log`))
      })
    })
  }
}

async function idOfPostgres(): Promise<number> {
  return Number((await run('id', ['-u', 'postgres'])).stdout)
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      server.close(() => resolve(port))
    })
  })
}
