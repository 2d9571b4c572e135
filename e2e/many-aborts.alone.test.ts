import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { it } from 'node:test'
import { bareEnvironment } from './bare-environment.ts'
import { withServerDatabase } from '../packages/server/src/db/testing.ts'
import { RunningServer } from './running-server.ts'
import type { ServerOptions } from './running-server.ts'
import { until } from './until.ts'
import { slowness } from '../packages/collect/src/testing/slowness.ts'

/* Alone: it is about two seconds, in which a server does much. */

const postgres = process.env['TEST_DATABASE_URL']
const withoutPostgres = postgres === undefined && process.env['CI'] !== 'true' ? 'TEST_DATABASE_URL is not set' : false

const entry = join(import.meta.dirname, '../packages/cli/src/main.ts')
const count = 20
const unixMachine = 'symc-csm-AssetSystem-Asset-Unix-Machine'

/** A machine that takes connections and says nothing. */
async function withSilentMachine(use: (port: number, connections: () => number) => Promise<void>): Promise<void> {
  const open = new Set<Socket>()
  const server = createServer((socket) => {
    open.add(socket)
    socket.on('error', () => undefined)
    socket.on('close', () => open.delete(socket))
    // Whether the other side has gone is only seen by who reads.
    socket.resume()
  })
  await new Promise<void>((resolve) => server.listen(0, '0.0.0.0', resolve))
  try {
    await use((server.address() as AddressInfo).port, () => open.size)
    await until('the connections to be closed', async () => (open.size === 0 ? true : undefined))
  } finally {
    server.close()
    for (const socket of open) socket.destroy()
  }
}

const environment = { PLUMBLINE_CONCURRENCY: String(count + 4), PLUMBLINE_CONNECT_TIMEOUT_SECONDS: '300' }

/** Aborts as many runs at once as there are machines that do not answer; `before` is what happens while they are asked. */
async function abortAll(options: ServerOptions, before: () => Promise<void>): Promise<void> {
  const server = await RunningServer.start({ ...options, environment: { ...environment, ...options.environment } })
  const ask = async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const answer = await server.request(method, path, body)
    assert.ok(answer.status < 300, `${method} ${path}: ${answer.text}`)
    return answer.body
  }
  try {
    await withSilentMachine(async (port, connections) => {
      const machines = Array.from({ length: count }, (_, index) => ({
        Type: unixMachine,
        [`${unixMachine}-HostMachine`]: `silent-${index}`,
        [`${unixMachine}-IPAddress`]: `127.0.0.${index + 1}`,
        [`${unixMachine}-SSHPortNo`]: String(port),
      }))
      const assets = (await ask('POST', '/ccs/api/v1/assets', machines)) as { Id: string }[]
      await ask('POST', '/api/v1/credentials', { name: 'all', user: 'root', password: 'x', folders: ['Asset System'] })
      const found = await ask('GET', '/ccs/api/v1/Standards?Attributes=displayName = *&SearchSubTree=True')
      const [standard] = (found as { standardDataList: { Id: string }[] }).standardDataList
      const runIds: string[] = []
      for (const [index, { Id }] of assets.entries()) {
        const JobDetails = {
          JobName: `job ${index}`,
          AssetsResolutionInfo: [{ Id, Type: unixMachine }],
          Standards: [standard?.Id],
        }
        const job = await ask('POST', '/ccs/api/v1/jobs', { JobType: 'CollectionEvaluationJob', JobDetails })
        const run = await ask('POST', `/ccs/api/v1/jobs/${(job as { JobID: string }).JobID}`, { Operation: 'execute' })
        runIds.push((run as { JobRunID: string }).JobRunID)
      }
      await until('all machines to be asked', async () => (connections() === count ? true : undefined))
      await before()
      const began = performance.now()
      await Promise.all(runIds.map((id) => ask('POST', `/ccs/api/v1/jobs/${id}`, { Operation: 'abort' })))
      const statuses = new Set<string>()
      // One after another: asking for all of them all the time is work too.
      for (const id of runIds) {
        const ended = async (): Promise<string | undefined> => {
          const { status } = (await ask('GET', `/api/v1/runs/${id}`)) as { status: string }
          return status === 'Aborting' ? undefined : status
        }
        statuses.add(await until(`the end of ${id}`, ended))
      }
      const tookMs = performance.now() - began
      assert.deepEqual(statuses, new Set(['Aborted']))
      assert.ok(tookMs < 2000 * slowness(), `${count} aborts took ${tookMs} ms`)
    })
  } finally {
    await server.stop('SIGKILL')
  }
}

async function inFolder(use: (dataDirectory: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-e2e-'))
  try {
    await use(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

it(
  'twenty runs whose worker is dead all end within two seconds when they are aborted at once, PostgreSQL',
  { skip: withoutPostgres },
  () =>
    inFolder((dataDirectory) =>
      withServerDatabase(postgres, async (databaseUrl) => {
        const worker = spawn(process.execPath, [entry, 'worker', '--data', dataDirectory], {
          env: { ...bareEnvironment, DATABASE_URL: databaseUrl, ...environment },
          stdio: 'ignore',
        })
        const died = once(worker, 'exit')
        try {
          await abortAll({ dataDirectory, databaseUrl, environment: { PLUMBLINE_CONCURRENCY: '1' } }, async () => {
            worker.kill('SIGKILL')
            await died
          })
        } finally {
          worker.kill('SIGKILL')
        }
      }),
    ),
)

it('twenty runs that are under way all end within two seconds when they are aborted at once, embedded database', () =>
  inFolder((dataDirectory) => abortAll({ dataDirectory }, async () => undefined)))
