import { randomUUID } from 'node:crypto'
import autocannon from 'autocannon'
import { fastify } from 'fastify'
import { sql } from 'kysely'
import type { AddressInfo } from 'node:net'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { RunningServer } from '../e2e/running-server.ts'
import { openDatabase } from '../packages/server/src/db/database.ts'
import { withServerDatabase } from '../packages/server/src/db/testing.ts'

const seconds = 8
const connections = 20
const jobs = 100

/**
 * Update Job over HTTPS against the real server in a process of its own, beside its two limits: the same framework
 * answering 204 to the same bytes, and the bare transaction that locks and changes one row.
 */
export async function run(): Promise<void> {
  const rows: [string, number, number | undefined][] = []
  const row = (name: string, perSecond: number, p99?: number): number => {
    rows.push([name, perSecond, p99])
    const ms = p99 === undefined ? '' : `, p99 ${p99} ms`
    process.stdout.write(`${name.padEnd(44)} ${Math.round(perSecond).toString().padStart(6)} a second${ms}\n`)
    return perSecond
  }
  const embedded = await RunningServer.start({ environment: { PLUMBLINE_LOG_LEVEL: 'fatal' } })
  try {
    const bare = await bareHttps(embedded)
    const https = row('bare HTTPS server, 204', bare.perSecond, bare.p99)
    const measured = await updates(embedded)
    row('Update Job, embedded database', measured.perSecond, measured.p99)
    await embedded.stop()
    const url = process.env['TEST_DATABASE_URL']
    if (url === undefined) {
      process.stdout.write('TEST_DATABASE_URL is not set: no figures for PostgreSQL\n')
      return
    }
    await withServerDatabase(url, async (databaseUrl) => {
      const transaction = row('bare transaction, PostgreSQL', await bareTransactions(databaseUrl))
      const server = await RunningServer.start({ databaseUrl, environment: { PLUMBLINE_LOG_LEVEL: 'fatal' } })
      try {
        const onServer = await updates(server)
        const reached = row('Update Job, PostgreSQL', onServer.perSecond, onServer.p99)
        process.stdout.write(`ratio to the slower limit: ${(reached / Math.min(https, transaction)).toFixed(2)}\n`)
      } finally {
        await server.remove()
      }
    })
  } finally {
    await embedded.remove()
  }
}

interface Figures {
  readonly perSecond: number
  readonly p99: number
}

async function updates(server: RunningServer): Promise<Figures> {
  const first = (await server.request('GET', '/ccs/api/v1/jobs?jobname=Check+this+machine')).body as {
    JobDetails: Record<string, unknown>
  }
  const ids: string[] = []
  for (let n = 0; n < jobs; n += 1) {
    const made = await server.request('POST', '/ccs/api/v1/jobs', {
      JobType: 'CollectionEvaluationJob',
      JobDetails: { ...first.JobDetails, JobName: `bench ${randomUUID()}`, Schedule: undefined },
    })
    ids.push((made.body as { JobID: string }).JobID)
  }
  const token = await server.token('admin', RunningServer.password)
  return shoot(server.url, token, ids, true)
}

async function bareHttps(server: RunningServer): Promise<Figures> {
  const folder = join(server.dataDirectory, 'tls')
  const app = fastify({
    https: { cert: readFileSync(join(folder, 'certificate.pem')), key: readFileSync(join(folder, 'key.pem')) },
  })
  app.patch('/ccs/api/v1/jobs/', async (_request, reply) => reply.code(204).send())
  await app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = app.server.address() as AddressInfo
  const figures = await shoot(`https://127.0.0.1:${port}`, 'none', [randomUUID()], true)
  await app.close()
  return figures
}

async function shoot(url: string, token: string, ids: readonly string[], only204: boolean): Promise<Figures> {
  let sent = 0
  const result = await autocannon({
    url: `${url}/ccs/api/v1/jobs/`,
    connections,
    duration: seconds,
    tlsOptions: { rejectUnauthorized: false },
    requests: [
      {
        method: 'PATCH',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        // Each one changes something, and two that are under way at once are of different jobs.
        setupRequest: (request) => {
          sent += 1
          const JobDetails = { JobDescription: `description ${sent}`, IncrementalPeriod: 1 + (sent % 1000) }
          return { ...request, body: JSON.stringify({ JobDetails, JobID: ids[sent % ids.length] }) }
        },
      },
    ],
  })
  const wrong = result.non2xx + result.errors
  if (only204 && wrong > 0) throw new Error(`${wrong} of ${result.requests.total} requests were not answered with 204`)
  return { perSecond: result.requests.average, p99: result.latency.p99 }
}

async function bareTransactions(url: string): Promise<number> {
  const database = await openDatabase<object>({ url, maxConnections: connections })
  try {
    await sql`create table bare (id int primary key, definition jsonb, revision bigint)`.execute(database.kysely)
    await sql`insert into bare select n, '{"a": 1}', 1 from generate_series(1, ${jobs}::int) n`.execute(database.kysely)
    const end = Date.now() + seconds * 1000
    let done = 0
    await Promise.all(
      Array.from({ length: connections }, async (_, n) => {
        while (Date.now() < end) {
          await database.kysely.transaction().execute(async (tx) => {
            await sql`select * from bare where id = ${(n % jobs) + 1} for update`.execute(tx)
            await sql`update bare set definition = ${`{"a": ${done}}`}::jsonb, revision = revision + 1
              where id = ${(n % jobs) + 1}`.execute(tx)
          })
          done += 1
        }
      }),
    )
    await sql`drop table bare`.execute(database.kysely)
    return done / seconds
  } finally {
    await database.close()
  }
}
