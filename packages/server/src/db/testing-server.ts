import { spawn, spawnSync } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openDatabase } from './database.ts'

/** A PostgreSQL server of a test's own, to be killed and started again; empty at first, gone afterwards. */
export interface TestServer {
  readonly url: string
  /** Of the process that all others of the server descend from. */
  pid(): number | undefined
  start(): Promise<void>
  /** Listens, and refuses everybody as one that recovers does, until {@link TestServer.recover}. */
  startRecovering(): Promise<void>
  recover(): Promise<void>
  /** As a crash has it: connections break in the middle, nothing is written out first. */
  kill(): Promise<void>
  close(): Promise<void>
}

const versions = '/usr/lib/postgresql'

/** Why there can be none; in CI there must. */
export function withoutTestServer(): string | false {
  return programs() === undefined && process.env['CI'] !== 'true'
    ? `no PostgreSQL is installed below ${versions}`
    : false
}

/** `inFolder`: where there is a disk of its own, for instance. */
export async function createTestServer(inFolder = tmpdir()): Promise<TestServer> {
  const bin = programs()
  if (bin === undefined) throw new Error(`no PostgreSQL is installed below ${versions}`)
  const folder = mkdtempSync(join(inFolder, 'plumbline-postgres-'))
  // PostgreSQL refuses to run as root.
  const account = process.getuid?.() === 0 ? accountOf('postgres') : undefined
  if (account !== undefined) chownSync(folder, account.uid, account.gid)
  const data = join(folder, 'data')
  const options = { cwd: folder, stdio: 'ignore', ...account } as const
  const made = spawnSync(
    join(bin, 'initdb'),
    ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '-N'],
    options,
  )
  if (made.status !== 0) throw new Error(`initdb ended with ${made.status}`)
  const port = await freePort()
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`
  let server: ChildProcess | undefined
  const kill = async (): Promise<void> => {
    if (server === undefined) return
    const gone = once(server, 'exit')
    server.kill('SIGQUIT')
    await gone
    server = undefined
  }
  const launch = (...more: readonly string[]): void => {
    const settings = [`listen_addresses=127.0.0.1`, `unix_socket_directories=${folder}`, 'max_connections=200', ...more]
    const parameters = ['-D', data, '-p', String(port), ...settings.flatMap((setting) => ['-c', setting])]
    server = spawn(join(bin, 'postgres'), parameters, options)
  }
  return {
    url,
    pid: () => server?.pid,
    async start() {
      launch()
      await accepting(url)
    },
    async startRecovering() {
      // A standby of nobody, which nobody may read.
      writeFileSync(join(data, 'standby.signal'), '')
      launch('hot_standby=off')
      await refusing(url)
    },
    async recover() {
      const { status } = spawnSync(join(bin, 'pg_ctl'), ['promote', '-w', '-D', data], options)
      if (status !== 0) throw new Error(`pg_ctl promote ended with ${status}`)
      await accepting(url)
    },
    kill,
    async close() {
      await kill()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function programs(): string | undefined {
  try {
    const newest = readdirSync(versions)
      .toSorted((a, b) => Number(a) - Number(b))
      .at(-1)
    return newest === undefined ? undefined : join(versions, newest, 'bin')
  } catch {
    return undefined
  }
}

function accountOf(name: string): { readonly uid: number; readonly gid: number } {
  const ask = (option: string): number => Number(spawnSync('id', [option, name], { encoding: 'utf8' }).stdout)
  return { uid: ask('-u'), gid: ask('-g') }
}

async function freePort(): Promise<number> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

async function accepting(url: string): Promise<void> {
  for (const end = Date.now() + 30_000; ;) {
    try {
      const database = await openDatabase({ url, maxConnections: 1 })
      return await database.close()
    } catch (error) {
      if (Date.now() > end) throw error
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
}

async function refusing(url: string): Promise<void> {
  for (const end = Date.now() + 30_000; Date.now() < end;) {
    const refusal: unknown = await openDatabase({ url, maxConnections: 1 }).then(
      (database) => database.close(),
      (error: unknown) => (error as Error).cause,
    )
    if ((refusal as { code?: string } | undefined)?.code === '57P03') return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error('the server that recovers does not say so')
}
