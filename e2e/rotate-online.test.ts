import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { sql } from 'kysely'
import { bareEnvironment } from './bare-environment.ts'
import { noSshd, startSshd } from '../packages/collect/src/transports/ssh/testing/sshd.ts'
import { openDatabase } from '../packages/server/src/db/database.ts'
import { withoutTestServer } from '../packages/server/src/db/testing-server.ts'
import { withServerDatabase } from '../packages/server/src/db/testing.ts'
import { RunningServer } from './running-server.ts'

const main = join(import.meta.dirname, '../packages/cli/src/main.ts')
const unix = 'symc-csm-AssetSystem-Asset-Unix-Machine'

/** Assets of one SSH server, which log in with credentials of their own; and what a server makes of them. */
async function rotates(databaseUrl: string | undefined, beside?: (server: RunningServer) => Promise<ChildProcess>) {
  const sshd = await startSshd({ settings: ['MaxStartups 100'] })
  const server = await RunningServer.start({
    environment: { PLUMBLINE_UNKNOWN_HOST_KEYS: 'accept-new' },
    ...(databaseUrl === undefined ? {} : { databaseUrl }),
  })
  const worker = await beside?.(server)
  try {
    const call = async (method: string, url: string, body?: unknown): Promise<unknown> => {
      const answer = await server.request(method, url, body)
      assert.ok(answer.status < 300, `${method} ${url}: ${answer.text}`)
      return answer.body
    }
    let made = 0
    const addAsset = async (): Promise<string> => {
      made += 1
      const asset = {
        Type: unix,
        [`${unix}-HostMachine`]: `web-${made}`,
        [`${unix}-IPAddress`]: '127.0.0.1',
        [`${unix}-SSHPortNo`]: sshd.port,
      }
      const [added] = (await call('POST', '/ccs/api/v1/assets', [asset])) as { Id: string }[]
      const id = added?.Id ?? ''
      await call('POST', '/api/v1/credentials', { name: `of ${id}`, user: 'root', privateKey: sshd.key, assets: [id] })
      return id
    }
    const assets = await Promise.all(Array.from({ length: 5 }, addAsset))
    const { standardDataList } = (await call('GET', '/ccs/api/v1/Standards?Attributes=(displayName = *)')) as {
      standardDataList: { Id: string; DisplayName: string }[]
    }
    const job = (await call('POST', '/ccs/api/v1/jobs', {
      JobType: 'CollectionJob',
      JobDetails: {
        JobName: 'All of them',
        AssetsResolutionInfo: assets.map((Id) => ({ Id, Type: '' })),
        Standards: [standardDataList.find(({ DisplayName }) => /essential/i.test(DisplayName))?.Id],
      },
    })) as { JobID: string }
    const collect = async (): Promise<void> => {
      const { JobRunID } = (await call('POST', `/ccs/api/v1/jobs/${job.JobID}`, { Operation: 'execute' })) as {
        JobRunID: string
      }
      for (const end = Date.now() + 90_000; Date.now() < end;) {
        const run = (await call('GET', `/api/v1/runs/${JobRunID}`)) as { status: string; assets: object[] }
        if (!['Queued', 'Executing', 'Scheduled'].includes(run.status)) {
          return assert.equal(run.status, 'Completed', JSON.stringify(run.assets))
        }
        await new Promise((resolve) => setTimeout(resolve, 100))
      }
      throw new Error('the run did not end')
    }
    const keyFile = join(server.dataDirectory, 'master.key')
    const before = readFileSync(keyFile, 'utf8')
    await collect()
    // Collections go on, and credentials come, while the key changes.
    const during = collect()
    during.catch(() => undefined)
    const rotation = promisify(execFile)(process.execPath, [main, 'key', 'rotate', '--online'], {
      env: {
        ...bareEnvironment,
        HOME: server.dataDirectory,
        PLUMBLINE_URL: server.url,
        PLUMBLINE_DATA: server.dataDirectory,
        PLUMBLINE_USER: 'admin',
        PLUMBLINE_PASSWORD: RunningServer.password,
      },
    }).then(({ stdout }) => ((isRotated = true), stdout))
    let isRotated = false
    const added: string[] = []
    while (!isRotated) added.push(await addAsset())
    assert.match(
      await rotation,
      /^\d+ credentials are sealed with the new key(?:, \d+ of them before)?; it is in .*master\.key\.$/m,
    )
    await during
    added.push(await addAsset())
    assert.notEqual(readFileSync(keyFile, 'utf8'), before)
    await collect()
    // A credential of each moment; the marks below are of all.
    const every = Math.ceil(added.length / 6)
    for (const id of added.filter((_, at) => at % every === 0 || at === added.length - 1)) {
      const { ok, steps } = (await call('POST', `/api/v1/assets/${id}/test`)) as { ok: boolean; steps: object[] }
      assert.ok(ok, JSON.stringify(steps))
    }
    // Nothing is left that the old key opens, and a server that starts now needs no other than the new one.
    await server.stop()
    const database = await openDatabase({ url: databaseUrl, folder: join(server.dataDirectory, 'production') })
    const { rows } = await sql<{ marks: number; left: number }>`
      select count(distinct substring(sealed from 2 for 4))::int as marks,
        (select count(*)::int from master_key_rotations) as left from credentials`.execute(database.kysely)
    await database.close()
    assert.deepEqual(rows, [{ marks: 1, left: 0 }])
    if (worker !== undefined) assert.equal(worker.exitCode ?? worker.signalCode, null)
  } finally {
    if (worker?.exitCode === null && worker.signalCode === null) {
      const exit = once(worker, 'exit')
      worker.kill('SIGKILL')
      await exit
    }
    await server.remove()
    sshd.stop()
  }
}

test(
  'the master key changes while the server runs, before, during and after collections',
  { skip: noSshd, timeout: 180_000 },
  () => rotates(undefined),
)

test(
  'the master key changes while a server and a worker elsewhere run on one PostgreSQL database',
  { skip: noSshd || withoutTestServer(), timeout: 180_000 },
  async (t) => {
    const elsewhere = mkdtempSync(join(tmpdir(), 'plumbline-elsewhere-'))
    t.after(() => rmSync(elsewhere, { recursive: true, force: true }))
    await withServerDatabase(process.env['TEST_DATABASE_URL'], (url) =>
      rotates(url, async ({ dataDirectory }) => {
        cpSync(join(dataDirectory, 'master.key'), join(elsewhere, 'master.key'))
        const worker = spawn(process.execPath, [main, 'worker', '--data', elsewhere, '--database-url', url], {
          env: { ...bareEnvironment, HOME: elsewhere, PLUMBLINE_UNKNOWN_HOST_KEYS: 'accept-new' },
          stdio: ['ignore', 'ignore', 'inherit'],
        })
        await untilConnected(url)
        return worker
      }),
    )
  },
)

/** The server, the worker and whoever asks here. */
async function untilConnected(url: string): Promise<void> {
  const database = await openDatabase({ url, maxConnections: 1 })
  try {
    for (const end = Date.now() + 60_000; Date.now() < end;) {
      const { rows } = await sql<{ processes: number }>`
        select count(distinct application_name)::int as processes from pg_stat_activity
        where datname = current_database()`.execute(database.kysely)
      if (rows[0]?.processes === 3) return
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    throw new Error('the worker does not connect')
  } finally {
    await database.close()
  }
}
