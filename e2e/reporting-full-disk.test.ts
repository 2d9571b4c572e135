import assert from 'node:assert/strict'
import { chmodSync } from 'node:fs'
import { test } from 'node:test'
import { sql } from 'kysely'
import { openDatabase } from '../packages/server/src/db/database.ts'
import { withServerDatabase } from '../packages/server/src/db/testing.ts'
import { createTestServer, withoutTestServer } from '../packages/server/src/db/testing-server.ts'
import { RunningServer } from './running-server.ts'
import { SmallDisk } from './small-disk.ts'
import { until } from './until.ts'

const url = process.env['TEST_DATABASE_URL']
const skip =
  url === undefined && process.env['CI'] !== 'true'
    ? 'TEST_DATABASE_URL names no PostgreSQL server'
    : withoutTestServer()

interface RunShown {
  readonly JobRunID: string
  readonly Status: string
}

test(
  'a full disk of the reporting database keeps no run from ending, is told, and what it kept back follows',
  { skip },
  (t) =>
    withServerDatabase(url, async (databaseUrl) => {
      const disk = SmallDisk.mount(160)
      if (disk === undefined) return t.skip('only root can mount a small disk')
      t.after(() => disk.remove())
      // Another account's server lies on it.
      chmodSync(disk.folder, 0o755)
      const reports = await createTestServer(disk.folder)
      t.after(() => reports.close())
      await reports.start()
      const production = await openDatabase({ url: databaseUrl, maxConnections: 1 })
      const reporting = await openDatabase<object>({ url: reports.url, maxConnections: 1 })
      const environment = { REPORTING_DATABASE_URL: reports.url, PLUMBLINE_LOG_LEVEL: 'warn' }
      const server = await RunningServer.start({ databaseUrl, environment })
      try {
        const jobId = await reportingJob(server)
        assert.equal((await runToEnd(server, jobId)).Status, 'Completed')
        const isThere = async (runId: string): Promise<true | undefined> => {
          const { rows } = await sql`
            select from synchronised_runs where run_id = ${runId} and finished_at is not null`.execute(reporting.kysely)
          return rows.length > 0 ? true : undefined
        }
        const [first] = await lastRuns(server, jobId)
        await until('the results in the reporting database', () => isThere(first?.JobRunID ?? ''))
        disk.fill(0)
        // What is free inside of its files is used up by a few runs; then one is kept back.
        const ended: RunShown[] = []
        const kept = await until(
          'a run whose results are kept back, and that says so',
          async () => {
            // The task that brings them waits longer with each try: nobody waits for that here.
            await sql`update pgboss.job set start_after = now() where name = 'synchronise' and state = 'retry'`.execute(
              production.kysely,
            )
            const last = ended.at(-1)
            if (last !== undefined && (await isThere(last.JobRunID).catch(() => undefined)) !== true) {
              return (await messagesOf(server, last.JobRunID)).some(isAboutSpace) ? last : undefined
            }
            ended.push(await runToEnd(server, jobId))
            return undefined
          },
          300_000,
        )
        assert.deepEqual(new Set(ended.map(({ Status }) => Status)), new Set(['Completed']), 'runs end as ever')
        const { body } = await server.request('GET', '/api/v1/doctor')
        const { warnings } = body as { warnings: string[] }
        assert.ok(
          warnings.some(
            (text) => text.startsWith('Ended runs that are not in the reporting database yet: ') && isAboutSpace(text),
          ),
          warnings.join('\n'),
        )
        disk.free()
        const asked = await server.request('POST', '/api/v1/reporting/synchronisations')
        assert.equal(asked.status, 202, asked.text)
        await until('what was kept back', () => isThere(kept.JobRunID))
        const { rows } = await sql<{ runs: number; assessments: number; twice: number }>`
          select (select count(*) from synchronised_runs where finished_at is not null)::integer as runs,
            count(*)::integer as assessments,
            (count(*) - count(distinct (run_id, asset_id, standard_id)))::integer as twice from assessments`.execute(
          reporting.kysely,
        )
        const { rows: made } = await sql<{ runs: number }>`
          select count(*)::integer as runs from job_runs where synchronise`.execute(production.kysely)
        const runs = made[0]?.runs ?? 0
        assert.ok(runs > ended.length)
        assert.deepEqual(rows, [{ runs, assessments: runs, twice: 0 }])
        assert.deepEqual(
          (
            await until('no more warnings', async () => {
              const after = (await server.request('GET', '/api/v1/doctor')).body as { warnings: string[] }
              return after.warnings.some((text) => text.startsWith('Ended runs')) ? undefined : after
            })
          ).warnings.filter(isAboutSpace),
          [],
        )
      } finally {
        await server.remove()
        await production.close()
        await reporting.close()
      }
    }),
)

const isAboutSpace = (text: string): boolean => text.includes('No space left on device')

/** The job of the first start, whose results are to be reported. */
async function reportingJob(server: RunningServer): Promise<string> {
  const found = await server.request('GET', '/ccs/api/v1/jobs?jobname=Check%20this%20machine')
  const { JobID } = found.body as { JobID: string }
  await until('the end of its first run', async () =>
    (await lastRuns(server, JobID)).every(hasEnded) ? true : undefined,
  )
  const changed = await server.request('PATCH', '/ccs/api/v1/jobs/', {
    JobID,
    JobDetails: { ShouldSynchronizeResults: true },
  })
  assert.equal(changed.status, 204, changed.text)
  return JobID
}

async function runToEnd(server: RunningServer, jobId: string): Promise<RunShown> {
  const started = await server.request('POST', `/ccs/api/v1/jobs/${jobId}`, { Operation: 'execute' })
  assert.equal(started.status, 200, started.text)
  return until('the end of the run', async () => (await lastRuns(server, jobId)).find(hasEnded))
}

async function lastRuns(server: RunningServer, jobId: string): Promise<RunShown[]> {
  return (await server.request('GET', `/ccs/api/v1/Jobs/${jobId}/jobruns?count=1`)).body as RunShown[]
}

const hasEnded = ({ Status }: RunShown): boolean => !['Queued', 'Executing'].includes(Status)

async function messagesOf(server: RunningServer, runId: string): Promise<string[]> {
  const { body } = await server.request('GET', `/api/v1/runs/${runId}`)
  return (body as { messages: { text: string }[] }).messages.map(({ text }) => text)
}
