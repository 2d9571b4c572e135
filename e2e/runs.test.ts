import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { bareEnvironment } from './bare-environment.ts'
import { withServerDatabase } from '../packages/server/src/db/testing.ts'
import { RunningServer } from './running-server.ts'
import type { ServerOptions } from './running-server.ts'
import { until } from './until.ts'

const postgres = process.env['TEST_DATABASE_URL']
const withoutPostgres = postgres === undefined && process.env['CI'] !== 'true' ? 'TEST_DATABASE_URL is not set' : false

/** Gives a test the way to start servers on one database. */
type WithOptions = (use: (options: ServerOptions) => Promise<void>) => Promise<void>

async function onEmbedded(use: (options: ServerOptions) => Promise<void>): Promise<void> {
  const dataDirectory = mkdtempSync(join(tmpdir(), 'plumbline-e2e-'))
  try {
    await use({ dataDirectory })
  } finally {
    rmSync(dataDirectory, { recursive: true, force: true })
  }
}

function onPostgres(use: (options: ServerOptions) => Promise<void>): Promise<void> {
  return onEmbedded(({ dataDirectory = '' }) =>
    withServerDatabase(postgres, (databaseUrl) => use({ dataDirectory, databaseUrl })),
  )
}

interface Run {
  readonly JobRunID: string
  readonly Status: string
}

const finalStatuses = ['Completed', 'Completed with errors', 'Failed', 'Aborted', 'Timed out']

function ended(server: RunningServer, jobId: string, runId: string): Promise<Run> {
  return until(
    `the end of run ${runId}`,
    async () => {
      const { body } = await server.request('GET', `/ccs/api/v1/Jobs/${jobId}/jobruns?count=0&showmessages=true`)
      return (body as Run[]).find(({ JobRunID, Status }) => JobRunID === runId && finalStatuses.includes(Status))
    },
    90_000,
  )
}

async function rawResults(server: RunningServer, body: object): Promise<Record<string, unknown> | number> {
  const reply = await server.request('POST', '/ccs/api/v1/Results', body)
  if (reply.status !== 200) return reply.status
  return (reply.body as { RawEvaluationResult: Record<string, unknown> }).RawEvaluationResult
}

/** This machine and the standards of the bundled benchmark, as a client finds them. */
async function findInputs(server: RunningServer): Promise<{ assetId: string; essential: string; strict: string }> {
  const assets = await server.request('GET', '/ccs/api/v1/Assets?Attributes=(displayName = *)')
  const [asset] = (assets.body as { assetDataList: { Id: string }[] }).assetDataList
  const standards = await server.request('GET', '/ccs/api/v1/Standards?Attributes=displayName = *&SearchSubTree=True')
  const list = (standards.body as { standardDataList: { Id: string; DisplayName: string }[] }).standardDataList
  const named = (word: string): string => list.find(({ DisplayName }) => DisplayName.includes(word))?.Id ?? ''
  return { assetId: asset?.Id ?? '', essential: named('Essential'), strict: named('Strict') }
}

async function firstRunEnded(server: RunningServer): Promise<void> {
  const { body } = await server.request('GET', '/ccs/api/v1/jobs?jobname=Check%20this%20machine')
  const { JobID } = body as { JobID: string }
  const runs = await server.request('GET', `/ccs/api/v1/Jobs/${JobID}/jobruns?count=1`)
  const [run] = runs.body as Run[]
  if (run !== undefined) await ended(server, JobID, run.JobRunID)
}

function suite(withOptions: WithOptions): void {
  it('create, update, execute, runs, raw results: a run under way keeps the job it began with, the next one has the update', () =>
    withOptions(async (options) => {
      const server = await RunningServer.start(options)
      try {
        await firstRunEnded(server)
        const { assetId, essential, strict } = await findInputs(server)
        const created = await server.request('POST', '/ccs/api/v1/jobs', {
          JobType: 'CollectionEvaluationJob',
          JobDetails: {
            JobName: 'Nightly',
            AssetsResolutionInfo: [{ Id: assetId, Type: 'symc-csm-AssetSystem-Asset-Unix-Machine' }],
            Standards: [essential],
          },
        })
        assert.equal(created.status, 201, created.text)
        const { JobID } = created.body as { JobID: string }
        const execute = async (): Promise<string> => {
          const reply = await server.request('POST', `/ccs/api/v1/jobs/${JobID}`, { Operation: 'execute' })
          assert.equal(reply.status, 200, reply.text)
          return (reply.body as { JobRunID: string }).JobRunID
        }
        const first = await execute()
        const updated = await server.request('PATCH', '/ccs/api/v1/jobs/', {
          JobDetails: { Standards: [strict], JobDescription: 'stricter' },
          JobID,
        })
        assert.equal(updated.status, 204, updated.text)
        assert.equal((await ended(server, JobID, first)).Status, 'Completed')
        const pair = { AssetID: assetId, JobRunID: first }
        const before = await rawResults(server, { ...pair, StandardID: essential })
        assert.ok(typeof before === 'object' && (before['Passed Checks'] as unknown[]).length > 0)
        assert.equal(await rawResults(server, { ...pair, StandardID: strict }), 404)

        const second = await execute()
        assert.equal((await ended(server, JobID, second)).Status, 'Completed')
        const after = await rawResults(server, { AssetID: assetId, StandardID: strict })
        assert.ok(typeof after === 'object')
        assert.equal(after['Job Run ID'], second)
        const run = await server.request('GET', `/api/v1/runs/${second}`)
        assert.deepEqual((run.body as { counts: object }).counts, { completed: 1 })
        const latest = await server.request('GET', `/api/v1/results/latest/${assetId}/${strict}`)
        const { evidence, rules } = latest.body as { evidence: { id: string }; rules: { explanation: unknown }[] }
        assert.ok(rules.some(({ explanation }) => JSON.stringify(explanation).includes('"tests":[{')))
        const collected = await server.request('GET', `/api/v1/evidence/${evidence.id}`)
        assert.ok(Object.keys((collected.body as { objects: object }).objects).length > 10)
        const again = await server.request('POST', `/ccs/api/v1/jobs/${second}`, { Operation: 'abort' })
        assert.equal(again.status, 400)
        assert.equal(await server.stop(), 0)
      } finally {
        await server.stop('SIGKILL')
      }
    }))
}

describe('runs through the API, embedded database', () => {
  suite(onEmbedded)

  it('a server that is killed in mid-run goes on with the run when it is started again', () =>
    onEmbedded(async (options) => {
      const first = await RunningServer.start(options)
      let second: RunningServer | undefined
      try {
        await firstRunEnded(first)
        const { body } = await first.request('GET', '/ccs/api/v1/jobs?jobname=Check%20this%20machine')
        const { JobID } = body as { JobID: string }
        const reply = await first.request('POST', `/ccs/api/v1/jobs/${JobID}`, { Operation: 'execute' })
        const { JobRunID } = reply.body as { JobRunID: string }
        await first.stop('SIGKILL')
        second = await RunningServer.start(options)
        assert.equal((await ended(second, JobID, JobRunID)).Status, 'Completed')
        const run = await second.request('GET', `/api/v1/runs/${JobRunID}`)
        assert.deepEqual((run.body as { counts: object }).counts, { completed: 1 })
      } finally {
        await first.stop('SIGKILL')
        await second?.stop('SIGKILL')
      }
    }))
})

describe('runs through the API, PostgreSQL', { skip: withoutPostgres }, () => {
  suite(onPostgres)

  it('a worker takes over from a server that is killed in mid-run', () =>
    onPostgres(async (options) => {
      const server = await RunningServer.start(options)
      const worker = spawn(
        process.execPath,
        [join(import.meta.dirname, '../packages/cli/src/main.ts'), 'worker', '--data', options.dataDirectory ?? ''],
        { env: { ...bareEnvironment, DATABASE_URL: options.databaseUrl }, stdio: 'ignore' },
      )
      let second: RunningServer | undefined
      try {
        await firstRunEnded(server)
        const { body } = await server.request('GET', '/ccs/api/v1/jobs?jobname=Check%20this%20machine')
        const { JobID } = body as { JobID: string }
        const reply = await server.request('POST', `/ccs/api/v1/jobs/${JobID}`, { Operation: 'execute' })
        const { JobRunID } = reply.body as { JobRunID: string }
        await server.stop('SIGKILL')
        // A server to ask; it shares the work with the worker.
        second = await RunningServer.start(options)
        assert.equal((await ended(second, JobID, JobRunID)).Status, 'Completed')
        const run = await second.request('GET', `/api/v1/runs/${JobRunID}`)
        assert.deepEqual((run.body as { counts: object }).counts, { completed: 1 })
        assert.equal(await second.stop(), 0)
        const workerEnded = once(worker, 'exit')
        worker.kill('SIGTERM')
        assert.deepEqual(await workerEnded, [0, null])
      } finally {
        worker.kill('SIGKILL')
        await server.stop('SIGKILL')
        await second?.stop('SIGKILL')
      }
    }))
})
