import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { test } from 'node:test'
import { sql } from 'kysely'
import { Temporal } from 'temporal-polyfill'
import { openDatabase } from '../packages/server/src/db/database.ts'
import type { Database } from '../packages/server/src/db/database.ts'
import { migrate, productionMigrations } from '../packages/server/src/db/migrate.ts'
import { withServerDatabase } from '../packages/server/src/db/testing.ts'
import { emptyJob, emptySchedule } from '../packages/server/src/jobs/job-definition.ts'

const url = process.env['TEST_DATABASE_URL']
const skip = url === undefined && process.env['CI'] !== 'true' ? 'TEST_DATABASE_URL names no PostgreSQL server' : false

const jobs = 2000

/** So many jobs that are due since a minute, every hour. */
async function addDueJobs({ kysely: db }: Database): Promise<void> {
  const startDate = new Date(Date.now() - 60_000).toISOString()
  const schedule = { ...emptySchedule(Temporal.Now.instant()), runPeriodically: true, startDate, repeatMinutes: 60 }
  await sql`
    insert into jobs (id, name, name_key, type, category, definition, created_by, next_run_at)
    select gen_random_uuid(), 'Job ' || n, 'job ' || n, 'CollectionEvaluationJob', 'User-defined',
      ${JSON.stringify({ ...emptyJob, schedule })}::jsonb, 'admin', ${startDate}::timestamptz
    from generate_series(1, ${jobs}) as n`.execute(db)
}

async function runs({ kysely: db }: Database) {
  const { rows } = await sql<{ runs: number; jobs: number; tasks: number; due: number }>`
    select count(*)::integer as runs, count(distinct job_id)::integer as jobs,
      (select count(distinct data ->> 'runId') from pgboss.job where name = 'start-run')::integer as tasks,
      (select count(*) from jobs where next_run_at <= now())::integer as due
    from job_runs`.execute(db)
  return rows[0] ?? { runs: 0, jobs: 0, tasks: 0, due: 0 }
}

test(
  'of four processes that start what is due, two of them killed in the middle, each occurrence gets exactly one run',
  { skip, timeout: 120_000 },
  (t) =>
    withServerDatabase(url, async (testUrl) => {
      const database = await openDatabase({ url: testUrl, maxConnections: 2 })
      try {
        await migrate(database.kysely, productionMigrations)
        await addDueJobs(database)
        const processes = await Promise.all(
          [1, 2, 3, 4].map(async () => {
            const script = join(import.meta.dirname, 'dispatching-process.ts')
            const child = spawn(process.execPath, [script, testUrl], { stdio: ['pipe', 'pipe', 'inherit'] })
            t.after(() => child.kill('SIGKILL'))
            await once(child.stdout, 'data')
            return child
          }),
        )
        for (const child of processes) child.stdin.write('go\n')
        const seenAtKill: number[] = []
        for (let found = await runs(database); found.due > 0; found = await runs(database)) {
          // The first dies with the first work done, the second in the middle of it.
          const limit = seenAtKill.length === 0 ? 1 : jobs / 3
          if (seenAtKill.length < 2 && found.runs >= limit) {
            processes[seenAtKill.length]?.kill('SIGKILL')
            seenAtKill.push(found.runs)
          }
        }
        assert.ok((seenAtKill[0] ?? jobs) < jobs, `killed only after all ${seenAtKill[0]} runs`)
        // What the dead left is seen by nobody before their transactions are rolled back.
        assert.deepEqual(await runs(database), { runs: jobs, jobs, tasks: jobs, due: 0 })
      } finally {
        await database.close()
      }
    }),
)
