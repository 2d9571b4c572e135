import assert from 'node:assert/strict'
import { it } from 'node:test'
import { sql } from 'kysely'
import { Temporal } from 'temporal-polyfill'
import { pino } from 'pino'
import type { Database } from '../db/database.ts'
import { describeOnBothDatabases } from '../db/testing.ts'
import { addEndedRun, addJob } from '../store/testing.ts'
import { createAlarm } from './alarm.ts'
import { dispatchDue, expectOccurrence, startDispatcher } from './dispatch.ts'
import { emptyJob, emptySchedule } from './job-definition.ts'
import { createQueue } from './queue.ts'
import type { Queue } from './queue.ts'
import { planRerun } from './reruns.ts'
import type { Schedule } from './schedule.ts'
import { slowness } from '../../../collect/src/testing/slowness.ts'

const log = pino({ level: 'silent' })
const minutes = (count: number): string => new Date(Date.now() + count * 60_000).toISOString()

function every(minutesApart: number, startDate: string): Schedule {
  const schedule = emptySchedule(Temporal.Now.instant())
  return { ...schedule, runPeriodically: true, startDate, repeatMinutes: minutesApart }
}

describeOnBothDatabases('dispatch', (withDatabase) => {
  const withQueue = (use: (queue: Queue, database: Database) => Promise<void>): Promise<void> =>
    withDatabase(async (database) => {
      const queue = await createQueue(database, log)
      try {
        await use(queue, database)
      } finally {
        await queue.stop(0)
      }
    })

  it('starts each due occurrence once, however many dispatchers there are', () =>
    withQueue(async (queue, { kysely: db, ...database }) => {
      const start = minutes(-5)
      const definition = { ...emptyJob, schedule: every(60, start) }
      for (let job = 0; job < 250; job += 1) await addJob(db, { name: `Job ${job}`, definition, nextRunAt: start })
      await Promise.all([1, 2, 3, 4].map(() => dispatchDue({ kysely: db, ...database }, queue, 'UTC')))
      await dispatchDue({ kysely: db, ...database }, queue, 'UTC')
      const { rows } = await sql`
        select count(*)::integer as runs, count(distinct job_id)::integer as jobs, min(trigger) as trigger,
          (select count(*) from pgboss.job where name = 'start-run')::integer as tasks,
          (select count(distinct next_run_at) from jobs)::integer as next
        from job_runs`.execute(db)
      assert.deepEqual(rows, [{ runs: 250, jobs: 250, trigger: 'schedule', tasks: 250, next: 1 }])
    }))

  it('catches up with one run after downtime, and goes on with the next occurrence', () =>
    withQueue(async (queue, database) => {
      const start = new Date(Math.floor(Date.now() / 60_000) * 60_000 - 600_000).toISOString()
      const definition = { ...emptyJob, schedule: every(7, start) }
      const jobId = await addJob(database.kysely, { name: 'Often', definition, nextRunAt: start })
      await dispatchDue(database, queue, 'UTC')
      const runs = await database.kysely.selectFrom('job_runs').select(['job_id', 'due_at']).execute()
      assert.deepEqual(runs, [{ job_id: jobId, due_at: start.replace('.000Z', 'Z') }])
      const job = await database.kysely.selectFrom('jobs').select('next_run_at').executeTakeFirstOrThrow()
      assert.equal(Date.parse(job.next_run_at ?? ''), Date.parse(start) + 14 * 60_000)
    }))

  it('skips an occurrence while a run is under way, and says so in the next run', () =>
    withQueue(async (queue, database) => {
      const db = database.kysely
      const schedule = { ...every(60, '2026-01-01T00:00:00.000Z'), runOnce: true }
      const definition = { ...emptyJob, schedule }
      const jobId = await addJob(db, { name: 'Slow', definition, nextRunAt: schedule.startDate })
      const outcome = await db
        .transaction()
        .execute((tx) => queue.requestRun(tx, { id: jobId }, { trigger: 'request', requestedBy: 'admin' }))
      assert.ok('runId' in outcome)
      await dispatchDue(database, queue, 'UTC')
      assert.equal((await db.selectFrom('job_runs').select('id').execute()).length, 1)
      await sql`update job_runs set status = 'Completed', ended_at = now()`.execute(db)
      const next = await db
        .transaction()
        .execute((tx) => queue.requestRun(tx, { id: jobId }, { trigger: 'request', requestedBy: 'admin' }))
      assert.ok('runId' in next)
      const messages = await db.selectFrom('job_run_messages').select(['run_id', 'text']).execute()
      assert.deepEqual(messages, [
        {
          run_id: next.runId,
          text: 'The run due at 2026-01-01T00:00:00Z was skipped because the run before it was still under way.',
        },
      ])
    }))

  it('tells all occurrences that passed with one that was skipped, and when', () =>
    withQueue(async (queue, database) => {
      const db = database.kysely
      const definition = { ...emptyJob, schedule: every(60, '2026-01-01T00:30:00.000Z') }
      const jobId = await addJob(db, { name: 'Slow', definition, nextRunAt: '2026-01-01T00:30:00.000Z' })
      const request = { trigger: 'request', requestedBy: 'admin' } as const
      await db.transaction().execute((tx) => queue.requestRun(tx, { id: jobId }, request))
      const before = Date.now()
      await dispatchDue(database, queue, 'UTC')
      const after = Date.now()
      await sql`update job_runs set status = 'Completed', ended_at = now()`.execute(db)
      await db.transaction().execute((tx) => queue.requestRun(tx, { id: jobId }, request))
      const { at, text } = await db.selectFrom('job_run_messages').select(['at', 'text']).executeTakeFirstOrThrow()
      const halfAnHour = 30 * 60_000
      const last = new Date(Math.floor((before - halfAnHour) / 3_600_000) * 3_600_000 + halfAnHour)
      assert.equal(
        text,
        `The runs due from 2026-01-01T00:30:00Z to ${last.toISOString().replace('.000Z', 'Z')} were skipped because the run before them was still under way.`,
      )
      assert.ok(Date.parse(at) >= before - 1 && Date.parse(at) <= after + 1, at)
    }))

  it('takes a snapshot of the job that later changes do not reach', () =>
    withQueue(async (queue, { kysely: db }) => {
      const jobId = await addJob(db, { name: 'Before', definition: { ...emptyJob, standards: ['a'] } })
      const request = { trigger: 'request', requestedBy: 'admin' } as const
      await db.transaction().execute(async (tx) => {
        await queue.requestRun(tx, { id: jobId }, request)
        assert.deepEqual(await queue.requestRun(tx, { id: jobId }, request), { refused: 'already-running' })
      })
      await sql`update jobs set name = 'After', definition = '{}'`.execute(db)
      const { snapshot } = await db.selectFrom('job_runs').select('snapshot').executeTakeFirstOrThrow()
      assert.deepEqual(snapshot, {
        name: 'Before',
        type: 'CollectionEvaluationJob',
        createdBy: 'admin',
        revision: 1,
        rerun: null,
        definition: { ...emptyJob, standards: ['a'] },
      })
    }))

  it('runs what was left incomplete again, until the period is over', () =>
    withQueue(async (queue, database) => {
      const db = database.kysely
      const schedule = { ...every(60, minutes(-1)), subScheduleRepeatDays: 2, subScheduleRepeatPeriodDays: 3 }
      const jobId = await addJob(db, { name: 'Nightly', definition: { ...emptyJob, schedule } })
      const first = await addEndedRun(db, jobId)
      const plan = (id: string, until: string | null | undefined): Promise<void> =>
        db.transaction().execute((tx) => {
          const rerun = until === undefined ? null : { until }
          return planRerun(tx, { id, jobId, rerun }, schedule, 'Europe/Berlin')
        })
      await plan(first, undefined)
      await dispatchDue(database, queue, 'Europe/Berlin')
      assert.equal((await db.selectFrom('job_runs').select('id').execute()).length, 1, 'it is not due yet')
      await sql`update job_reruns set due_at = now(), until_at = now() + interval '1 day'`.execute(db)
      await dispatchDue(database, queue, 'Europe/Berlin')
      const rerun = await db
        .selectFrom('job_runs')
        .select(['id', 'snapshot'])
        .where('trigger', '=', 'sub-schedule')
        .executeTakeFirstOrThrow()
      const { of, until } = (rerun.snapshot as { rerun: { of: string; until: string } }).rerun
      assert.equal(of, first)
      await plan(rerun.id, until)
      assert.deepEqual(
        await db.selectFrom('job_reruns').select('job_id').execute(),
        [],
        'two days on is past the period',
      )
    }))

  const reruns: readonly [what: string, due: string, until: string | null, runs: number][] = [
    ['within its period, after downtime', '9 days', '-1 day', 1],
    ['without a period, after downtime', '9 days', null, 1],
    ['at the very end of its period', '1 second', '1 second', 1],
    ['when its period was over before a server ran again', '9 days', '8 days', 0],
  ]
  for (const [what, due, until, runs] of reruns) {
    it(`${runs === 0 ? 'drops' : 'starts'} what was left incomplete ${what}`, () =>
      withQueue(async (queue, database) => {
        const db = database.kysely
        const jobId = await addJob(db, { name: 'Nightly', definition: { ...emptyJob, schedule: null } })
        await sql`
          insert into job_reruns (job_id, run_id, due_at, until_at)
          values (${jobId}, ${await addEndedRun(db, jobId)}, now() - ${due}::interval, now() - ${until}::interval)`.execute(
          db,
        )
        await dispatchDue(database, queue, 'UTC')
        const made = await db.selectFrom('job_runs').select('id').where('trigger', '=', 'sub-schedule').execute()
        assert.equal(made.length, runs)
        assert.deepEqual(await db.selectFrom('job_reruns').select('job_id').execute(), [])
      }))
  }

  it('plans a rerun in no time that a database cannot count', () =>
    withQueue(async (_, { kysely: db }) => {
      const most = 2 ** 31 - 1
      const schedule = { ...every(60, minutes(-1)), subScheduleRepeatDays: most, subScheduleRepeatPeriodDays: most }
      const jobId = await addJob(db, { name: 'Nightly', definition: { ...emptyJob, schedule } })
      const id = await addEndedRun(db, jobId)
      await db.transaction().execute((tx) => planRerun(tx, { id, jobId, rerun: null }, schedule, 'Europe/Berlin'))
      assert.equal((await db.selectFrom('job_reruns').select('job_id').execute()).length, 1)
    }))

  it('is woken for a job that comes due', () =>
    withQueue(async (queue, database) => {
      const alarm = createAlarm()
      const dispatcher = startDispatcher(database, queue, 'UTC', log, alarm)
      try {
        const dueAt = new Date(Date.now() + 700).toISOString()
        await addJob(database.kysely, {
          name: 'Soon',
          definition: { ...emptyJob, schedule: every(60, dueAt) },
          nextRunAt: dueAt,
        })
        expectOccurrence(alarm, dueAt, new Date().toISOString())
        for (let tries = 0; tries < 100; tries += 1) {
          const [run] = await database.kysely.selectFrom('job_runs').select('queued_at').execute()
          if (run !== undefined) {
            const lateMs = Date.parse(run.queued_at) - Date.parse(dueAt)
            assert.ok(lateMs >= 0 && lateMs < 1000 * slowness(), `${lateMs} ms late`)
            return
          }
          await new Promise((resolve) => setTimeout(resolve, 50))
        }
        assert.fail('it was not started')
      } finally {
        await dispatcher.stop()
      }
    }))
})
