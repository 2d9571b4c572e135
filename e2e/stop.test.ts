import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import type { AddressInfo, Server } from 'node:net'
import { connect } from 'node:tls'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { withServerDatabase } from '../packages/server/src/db/testing.ts'
import { RunningServer } from './running-server.ts'
import type { ServerOptions } from './running-server.ts'
import { until } from './until.ts'
import { slowness } from '../packages/collect/src/testing/slowness.ts'

const unix = 'symc-csm-AssetSystem-Asset-Unix-Machine'
const postgres = process.env['TEST_DATABASE_URL']
const withoutPostgres = postgres === undefined && process.env['CI'] !== 'true' ? 'TEST_DATABASE_URL is not set' : false
// Longer than this test: who waits for the silent machine waits until it is told to stop.
const environment = { PLUMBLINE_CONNECT_TIMEOUT_SECONDS: '300', PLUMBLINE_LOG_LEVEL: 'warn' }

/** A machine that takes connections and says nothing. */
function silentMachine(): Promise<Server> {
  const server = createServer((socket) => socket.on('error', () => undefined))
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)))
}

/** A run that waits for a silent machine. */
async function startHangingRun(server: RunningServer, machine: Server): Promise<string> {
  const ask = async (path: string, body: unknown): Promise<unknown> => {
    const answer = await server.request('POST', path, body)
    assert.ok(answer.status < 300, answer.text)
    return answer.body
  }
  const [asset] = (await ask('/ccs/api/v1/assets', [
    {
      Type: unix,
      [`${unix}-HostMachine`]: 'silent',
      [`${unix}-IPAddress`]: '127.0.0.1',
      [`${unix}-SSHPortNo`]: String((machine.address() as AddressInfo).port),
    },
  ])) as [{ Id: string }]
  await ask('/api/v1/credentials', { name: 'all', user: 'root', password: 'x', folders: ['Asset System'] })
  const found = await server.request('GET', '/ccs/api/v1/Standards?Attributes=displayName = *&SearchSubTree=True')
  const [standard] = (found.body as { standardDataList: { Id: string }[] }).standardDataList
  const { JobID } = (await ask('/ccs/api/v1/jobs', {
    JobType: 'CollectionEvaluationJob',
    JobDetails: {
      JobName: 'Hangs',
      AssetsResolutionInfo: [{ Id: asset.Id, Type: unix }],
      Standards: [standard?.Id],
    },
  })) as { JobID: string }
  const { JobRunID } = (await ask(`/ccs/api/v1/jobs/${JobID}`, { Operation: 'execute' })) as { JobRunID: string }
  return JobRunID
}

/** Which try at the machine is under way. */
function tryAtMachine(server: RunningServer, runId: string, least: number): Promise<number> {
  return until(`try ${least} at the machine`, async () => {
    const { assets = [] } = (await server.request('GET', `/api/v1/runs/${runId}`)).body as {
      assets?: { state: string; attempt: number }[]
    }
    const [asset] = assets
    return asset?.state === 'collecting' && asset.attempt >= least ? asset.attempt : undefined
  })
}

/** One connection is idle, another has sent half of a request. */
async function keepConnections({ url }: RunningServer): Promise<() => void> {
  const { hostname, port } = new URL(url)
  const sockets = await Promise.all(
    ['', 'POST /ccs/api/v1/oauth/tokens HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nhalf'].map(
      (sent) =>
        new Promise<ReturnType<typeof connect>>((resolve) => {
          const socket = connect({ host: hostname, port: Number(port), rejectUnauthorized: false }, () => {
            socket.write(sent)
            resolve(socket)
          })
          socket.on('error', () => undefined)
        }),
    ),
  )
  return () => sockets.forEach((socket) => socket.destroy())
}

async function stopsInTime(server: RunningServer): Promise<void> {
  const began = performance.now()
  assert.equal(await server.stop('SIGTERM'), 0, server.output.slice(-20).join('\n'))
  const ms = performance.now() - began
  assert.ok(ms < 10_000 * slowness(), `it took ${Math.round(ms)} ms to stop`)
}

async function inFolder(use: (options: ServerOptions) => Promise<void>): Promise<void> {
  const dataDirectory = mkdtempSync(join(tmpdir(), 'plumbline-stop-'))
  try {
    await use({ dataDirectory, environment })
  } finally {
    rmSync(dataDirectory, { recursive: true, force: true })
  }
}

describe('SIGTERM, while an asset does not answer and a request is half sent', { concurrency: true }, () => {
  it('ends the server within ten seconds, and its task is tried again at the next start', () =>
    inFolder(async (options) => {
      const machine = await silentMachine()
      const first = await RunningServer.start(options)
      let second: RunningServer | undefined
      try {
        const runId = await startHangingRun(first, machine)
        await tryAtMachine(first, runId, 1)
        const hangUp = await keepConnections(first)
        await stopsInTime(first)
        hangUp()
        second = await RunningServer.start(options)
        assert.equal(await tryAtMachine(second, runId, 2), 2)
      } finally {
        await first.stop('SIGKILL')
        await second?.stop('SIGKILL')
        machine.close()
      }
    }))

  it('ends the server within ten seconds, and another takes its task at once', { skip: withoutPostgres }, () =>
    inFolder((options) =>
      withServerDatabase(postgres, async (databaseUrl) => {
        const machine = await silentMachine()
        const servers = [await RunningServer.start({ ...options, databaseUrl })]
        const [first] = servers as [RunningServer]
        try {
          const runId = await startHangingRun(first, machine)
          await tryAtMachine(first, runId, 1)
          const second = await RunningServer.start({ ...options, databaseUrl })
          servers.push(second)
          const hangUp = await keepConnections(first)
          await stopsInTime(first)
          hangUp()
          assert.equal(await tryAtMachine(second, runId, 2), 2)
        } finally {
          for (const server of servers) await server.stop('SIGKILL')
          machine.close()
        }
      }),
    ),
  )
})

it('a server that cannot have its port ends and says so', () =>
  inFolder(async (options) => {
    const taken = createServer()
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve))
    const { port } = taken.address() as AddressInfo
    const launched = RunningServer.launch({ ...options, port })
    try {
      await assert.rejects(launched.ready, /ended with 1[\s\S]*another process listens there/)
    } finally {
      launched.process.kill('SIGKILL')
      taken.close()
    }
  }))
