import assert from 'node:assert/strict'
import { it } from 'node:test'
import { sql } from 'kysely'
import type { Database } from '../db/database.ts'
import { describeOnBothDatabases } from '../db/testing.ts'
import { embeddedTemplate } from '../db/testing-template.ts'
import { createReporting } from '../reporting/reporting.ts'
import type { Reporting } from '../reporting/reporting.ts'
import { addReportedRun, countFacts } from '../reporting/testing.ts'
import { runMessages } from '../store/runs.ts'
import { addEndedRun, addJob } from '../store/testing.ts'
import { engines, until } from './testing.ts'
import type { TestEngine } from './testing.ts'

describeOnBothDatabases("the product's own jobs", (withDatabase) => {
  const withEngine = engines(withDatabase)

  it('begin at once when somebody asks for one, whatever those of a schedule are doing', async () => {
    const gate = Promise.withResolvers<void>()
    const real = createReporting({ archive: (await embeddedTemplate()).archives.reporting })
    let waiting = 0
    const reporting: Reporting = {
      ...real,
      async database() {
        waiting += 1
        await gate.promise
        return real.database()
      },
    }
    try {
      await withEngine(
        async (engine, _, { kysely: db }) => {
          const nightly = [1, 2].map(() => engine.addJob({}, 'ReportDataSynchronizationJob'))
          const jobIds = await Promise.all(nightly)
          const runs = await db.transaction().execute((tx) =>
            engine.context.queue.requestRuns(
              tx,
              jobIds.map((jobId) => ({ jobId, trigger: 'schedule', requestedBy: 'schedule' })),
            ),
          )
          await until('one of the two to be under way', () => (waiting === 1 ? true : undefined))
          const purge = await engine.run(await engine.addJob({}, 'ProductionDataPurgeJob'))
          assert.deepEqual([purge.status, waiting], ['Completed', 1])
          gate.resolve()
          for (const { runId } of runs) assert.equal((await engine.end(runId)).status, 'Completed')
        },
        { reporting },
      )
    } finally {
      gate.resolve()
      await real.close()
    }
  })

  /** The worker heeds the abort too: it does not go on behind the run's back. */
  const abort = async (engine: TestEngine, { kysely: db }: Database, runId: string): Promise<void> => {
    const watching = engine.context.watch.watch(runId)
    await engine.abort(runId)
    assert.equal((await engine.end(runId)).status, 'Aborted')
    await until('the worker to hear of it', () => (watching.signal.aborted ? true : undefined))
    watching.release()
    const texts = (await runMessages(db, [runId])).map(({ text }) => text)
    assert.deepEqual(texts, ['The run was aborted by admin.'])
  }
  const taskToEnd = ({ kysely: db }: Database): Promise<unknown> =>
    until('the task to end', async () => {
      const { rows } = await sql`
        select 1 from pgboss.job where name = 'system-job' and state = 'completed'`.execute(db)
      return rows.length > 0 ? true : undefined
    })

  it('stop purging when somebody aborts that, and keep what is left', () =>
    withEngine(
      async (engine, _, database) => {
        const { kysely: db } = database
        const jobId = await addJob(db, { name: 'Old' })
        for (const endedAt of ['2020-01-01T00:00:00Z', '2020-01-02T00:00:00Z']) {
          const run_id = await addEndedRun(db, jobId, { endedAt })
          await db.insertInto('job_run_messages').values({ run_id, phase: 'run', text: 'again' }).execute()
        }
        // A purge that has no end of its own: what it drops is there again.
        await sql`
          create function put_back() returns trigger language plpgsql as $$ begin
            insert into job_run_messages (run_id, phase, text) values (old.run_id, old.phase, old.text);
            return null;
          end $$`.execute(db)
        await sql`
          create trigger put_back after delete on job_run_messages for each row execute function put_back()`.execute(db)
        try {
          const runId = await engine.start(await engine.addJob({}, 'ProductionDataPurgeJob'))
          await until('the purge to be under way', async () => {
            const { rows } = await sql`select 1 from job_run_messages where seq > 10`.execute(db)
            return rows.length > 0 ? true : undefined
          })
          await abort(engine, database, runId)
          await taskToEnd(database)
          const runs = await db.selectFrom('job_runs').select('id').where('job_id', '=', jobId).execute()
          assert.equal(runs.length, 2)
        } finally {
          await sql`drop function put_back() cascade`.execute(db)
        }
      },
      { settings: { retentionDays: 1 } },
    ))

  it('bring no more results over when somebody aborts that', async () => {
    const gate = Promise.withResolvers<void>()
    const real = createReporting({ archive: (await embeddedTemplate()).archives.reporting })
    let waiting = false
    const reporting: Reporting = {
      ...real,
      async database() {
        waiting = true
        await gate.promise
        return real.database()
      },
    }
    try {
      await withEngine(
        async (engine, _, database) => {
          await addReportedRun(database, 1, () => ['pass', 'fail', 'pass'])
          const runId = await engine.start(await engine.addJob({}, 'ReportDataSynchronizationJob'))
          await until('the synchronisation to be under way', () => (waiting ? true : undefined))
          await abort(engine, database, runId)
          gate.resolve()
          await taskToEnd(database)
          assert.equal(await countFacts(await real.database()), 0)
        },
        { reporting },
      )
    } finally {
      gate.resolve()
      await real.close()
    }
  })
})
