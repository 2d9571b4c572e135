import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { request as httpsRequest } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { provideDatabases } from '../packages/server/src/db/testing-template.ts'
import { bareEnvironment } from './bare-environment.ts'

const entry = join(import.meta.dirname, '../packages/cli/src/main.ts')
const startLimitMs = 180_000
/** To optimise an embedded PostgreSQL that runs for seconds costs more than it saves: four instead of five seconds of processor time. */
const quickly = ['--liftoff-only']

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly text: string
  /** The parsed body; undefined when there is none. */
  readonly body: unknown
}

export interface ServerOptions {
  /** A folder to use again; a new one otherwise. */
  readonly dataDirectory?: string
  readonly databaseUrl?: string
  /** One of its own without it. */
  readonly port?: number
  readonly environment?: Readonly<Record<string, string>>
  /** It makes its embedded databases itself, which takes many seconds; otherwise it finds them made and empty. */
  readonly makesDatabases?: true
}

/** The real server, as an operator starts it, in a process of its own on a port of its own. */
export class RunningServer {
  static readonly password = 'a password for tests: 1+1=2'
  readonly dataDirectory: string
  readonly url: string
  /** Everything it has printed so far. */
  readonly output: readonly string[]
  readonly #process: ChildProcess
  #token: string | undefined

  private constructor(process: ChildProcess, dataDirectory: string, url: string, output: readonly string[]) {
    this.#process = process
    this.dataDirectory = dataDirectory
    this.url = url
    this.output = output
  }

  /** When it has said its address. */
  static async start(options: ServerOptions = {}): Promise<RunningServer> {
    const dataDirectory = options.dataDirectory ?? newDataDirectory()
    if (options.makesDatabases !== true && options.databaseUrl === undefined) await provideDatabases(dataDirectory)
    return RunningServer.launch({ ...options, dataDirectory }).ready
  }

  /** The same, for those who want to end the process before it is ready. */
  static launch(options: ServerOptions = {}): {
    readonly process: ChildProcess
    readonly output: readonly string[]
    readonly ready: Promise<RunningServer>
  } {
    const dataDirectory = options.dataDirectory ?? newDataDirectory()
    const child = spawn(
      process.execPath,
      [...quickly, entry, 'serve', '--port', String(options.port ?? 0), '--data', dataDirectory],
      {
        env: {
          ...bareEnvironment,
          HOME: dataDirectory,
          PLUMBLINE_ADMIN_PASSWORD: RunningServer.password,
          ...(options.databaseUrl === undefined ? {} : { DATABASE_URL: options.databaseUrl }),
          ...options.environment,
        },
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    )
    const output: string[] = []
    const url = new Promise<string>((resolve, reject) => {
      const limit = setTimeout(() => fail(`said no address within ${startLimitMs} ms`), startLimitMs)
      const fail = (why: string): void => {
        clearTimeout(limit)
        child.kill('SIGKILL')
        reject(new Error(`the server ${why}:\n${output.join('\n')}`))
      }
      const read = (line: string): void => {
        output.push(line)
        const address = /https:\/\/[\w.:[\]]+:\d+/.exec(line)?.[0]
        if (address === undefined) return
        clearTimeout(limit)
        resolve(address)
      }
      createInterface({ input: child.stdout }).on('line', read)
      createInterface({ input: child.stderr }).on('line', (line) => output.push(line))
      child.once('close', (code) => fail(`ended with ${code}`))
    })
    const ready = url.then((address) => new RunningServer(child, dataDirectory, address, output))
    return { process: child, output, ready }
  }

  get pid(): number {
    return this.#process.pid ?? 0
  }

  /** A request as the administrator, or with the headers given. */
  async request(
    method: string,
    path: string,
    body?: unknown,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Answer> {
    this.#token ??= await this.token('admin', RunningServer.password)
    return this.send(method, path, body, { authorization: `Bearer ${this.#token}`, ...headers })
  }

  async token(user: string, password: string): Promise<string> {
    const form = `grant_type=password&username=${encodeURIComponent(user)}&password=${encodeURIComponent(password)}`
    const answer = await this.send('POST', '/ccs/api/v1/oauth/tokens', form)
    if (answer.status !== 200) throw new Error(`no token: ${answer.status} ${answer.text}`)
    return (answer.body as { access_token: string }).access_token
  }

  /** Strings and bytes are sent as they are, anything else as JSON. */
  send(method: string, path: string, body?: unknown, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
    const payload =
      body === undefined || typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body)
    const certificate = readFileSync(join(this.dataDirectory, 'tls', 'certificate.pem'))
    return new Promise((resolve, reject) => {
      const outgoing = httpsRequest(
        new URL(path, this.url),
        {
          method,
          ca: certificate,
          checkServerIdentity: () => undefined,
          headers: { 'content-type': 'application/json', ...headers },
          timeout: 60_000,
        },
        (incoming) => {
          const chunks: Buffer[] = []
          incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
          incoming.on('error', reject)
          incoming.on('end', () => {
            const text = Buffer.concat(chunks).toString('utf8')
            resolve({
              status: incoming.statusCode ?? 0,
              headers: incoming.headers,
              text,
              body: isJson(incoming.headers['content-type']) && text !== '' ? JSON.parse(text) : undefined,
            })
          })
        },
      )
      outgoing.on('timeout', () => outgoing.destroy(new Error(`${method} ${path}: no answer within 60 s`)))
      outgoing.on('error', reject)
      outgoing.end(payload)
    })
  }

  /** Ends the process; SIGTERM asks for an orderly end, SIGKILL is a crash. */
  async stop(signal: 'SIGKILL' | 'SIGTERM' = 'SIGTERM'): Promise<number | null> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return this.#process.exitCode
    const ended = once(this.#process, 'exit')
    this.#process.kill(signal)
    const [code] = (await ended) as [number | null]
    return code
  }

  async remove(): Promise<void> {
    await this.stop('SIGKILL')
    rmSync(this.dataDirectory, { recursive: true, force: true })
  }
}

const newDataDirectory = (): string => mkdtempSync(join(tmpdir(), 'plumbline-e2e-'))

function isJson(contentType: string | undefined): boolean {
  return contentType?.startsWith('application/json') === true
}
