import assert from 'node:assert/strict'
import { it } from 'node:test'
import { sql } from 'kysely'
import { Temporal } from 'temporal-polyfill'
import type { Database } from '../db/database.ts'
import { describeOnBothDatabases } from '../db/testing.ts'
import { dispatchDue } from '../jobs/dispatch.ts'
import { emptySchedule } from '../jobs/job-definition.ts'
import type { Reporting } from '../reporting/reporting.ts'
import { addReportedRun, withReporting } from '../reporting/testing.ts'
import { runMessages } from '../store/runs.ts'
import { synchroniseResults } from './synchronise-results.ts'
import { engines, until } from './testing.ts'
import type { TestEngine } from './testing.ts'

describeOnBothDatabases('results for the reporting database', (withDatabase) => {
  const withEngine = (idle: boolean, use: (engine: TestEngine, database: Database) => Promise<void>): Promise<void> =>
    withDatabase((database) =>
      withReporting(database, async (target) => {
        const none = async (): Promise<void> => undefined
        const reporting: Reporting = { kind: target.kind, database: async () => target, maintain: none, close: none }
        const given: typeof withDatabase = (act) => act(database)
        await engines(given)((engine) => use(engine, database), { reporting, ...(idle ? { idle } : {}) })
      }),
    )

  it('a run that cannot be brought over says why, once, and is tried again by one task', () =>
    withEngine(true, async ({ context }, { kysely: db }) => {
      const { runId: bad } = await addReportedRun(context.database, 1, () => ['pass', 'fail', 'fail'])
      await sql`update results set detail_digest = '\\x00'`.execute(db)
      const { runId: good } = await addReportedRun(context.database, 1, () => ['pass', 'pass', 'pass'], 'Weekly')
      const { signal } = new AbortController()
      await assert.rejects(synchroniseResults(context, { signal, isLast: false }), /reporting database: 1$/)
      for (let time = 0; time < 3; time += 1) await synchroniseResults(context, { signal, isLast: true })
      const told = await runMessages(db, [bad, good])
      assert.deepEqual(
        told.map(({ runId, phase, text }) => [runId, phase, text]),
        [
          [
            bad,
            'reporting',
            'The results could not be brought to the reporting database: the detail of a stored result is missing. They are tried again; see the log.',
          ],
        ],
      )
      const { rows } = await sql`
        select round(extract(epoch from start_after - created_on))::integer as seconds
        from pgboss.job where name = 'synchronise' and state = 'created'`.execute(db)
      assert.deepEqual(rows, [{ seconds: 900 }])
    }))

  it('are brought over by the nightly job when nobody asks, and what could not be is told', () =>
    withEngine(false, async (engine, database) => {
      const { kysely: db } = database
      const schedule = {
        ...emptySchedule(Temporal.Now.instant()),
        runPeriodically: true,
        startDate: '2026-01-01T03:00:00',
        runEveryNDays: true,
        repeatDays: 1,
      }
      const jobId = await engine.addJob({ schedule }, 'ReportDataSynchronizationJob')
      const { runId: bad } = await addReportedRun(database, 1, () => ['pass', 'fail', 'fail'])
      await sql`update results set detail_digest = '\\x00'`.execute(db)
      const { runId: good } = await addReportedRun(database, 1, () => ['pass', 'pass', 'pass'], 'Weekly')
      // It has become three in the morning.
      await sql`update jobs set next_run_at = now() where id = ${jobId}`.execute(db)
      await dispatchDue(database, engine.context.queue, 'UTC')
      const { id } = await until('the run of the night', () =>
        db.selectFrom('job_runs').select('id').where('job_id', '=', jobId).executeTakeFirst(),
      )
      const run = await engine.end(id)
      assert.deepEqual([run.status, run.trigger], ['Completed with errors', 'schedule'])
      assert.deepEqual(
        (await runMessages(db, [id])).map(({ text }) => text),
        [
          'Runs brought to the reporting database: 1.',
          `Run ${bad} could not be brought over: the detail of a stored result is missing.`,
        ],
      )
      const there = await db.selectFrom('job_runs').select('id').where('synchronised_at', 'is not', null).execute()
      assert.deepEqual(there, [{ id: good }])
      const job = await db.selectFrom('jobs').select('next_run_at').where('id', '=', jobId).executeTakeFirst()
      assert.match(job?.next_run_at ?? '', /T03:00:00/)
    }))
})
