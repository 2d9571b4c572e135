import assert from 'node:assert/strict'
import { it } from 'node:test'
import { sql } from 'kysely'
import type { Database } from '../db/database.ts'
import { describeOnBothDatabases } from '../db/testing.ts'
import { emptySchedule } from '../jobs/job-definition.ts'
import { restoreLostTasks } from '../jobs/lost-tasks.ts'
import { claimAsset, endRun, moveAsset } from '../jobs/run-transitions.ts'
import { startWorking } from '../jobs/worker.ts'
import { addToOutbox } from '../store/outbox.ts'
import { runMessages } from '../store/runs.ts'
import { Temporal } from 'temporal-polyfill'
import { buryTask } from './dead-task.ts'
import { serverHandlers } from './handlers.ts'
import { startRun } from './start-run.ts'
import { engines } from './testing.ts'
import type { TestEngine } from './testing.ts'

const remark = 'Tasks of this run were lost from the queue; they were made again.'

async function tasks({ kysely: db }: Database): Promise<string[]> {
  const { rows } = await sql<{ task: string }>`
    select name || coalesce(' ' || singleton_key, '') as task from pgboss.job order by 1`.execute(db)
  return rows.map(({ task }) => task)
}

const loseAll = ({ kysely: db }: Database): Promise<unknown> => sql`delete from pgboss.job`.execute(db)

function work({ context }: TestEngine): Promise<void> {
  return startWorking(context.queue, serverHandlers(context, 4), (task) => buryTask(context, task))
}

describeOnBothDatabases('a run whose tasks are lost from the queue', (withDatabase) => {
  const withEngine = engines(withDatabase)

  const withRun = (
    use: (engine: TestEngine, database: Database, runId: string, assetIds: readonly string[]) => Promise<void>,
    type?: string,
  ): Promise<void> =>
    withEngine(
      async (engine, standard, database) => {
        standard.write('mode = strict\n')
        const assetIds = [await engine.addAsset('one'), await engine.addAsset('two')]
        const schedule = {
          ...emptySchedule(Temporal.Now.instant()),
          runPeriodically: true,
          endJobRunConfigured: true,
          endJobRunTimeInterval: '01:00:00',
        }
        const jobId = await engine.addJob(
          {
            assetsResolutionInfo: assetIds.map((id) => ({ id, type: '' })),
            standards: [engine.standardIds.small],
            schedule,
          },
          type,
        )
        await use(engine, database, await engine.start(jobId), assetIds)
      },
      { idle: true },
    )

  const endsAfterRestoring = async (engine: TestEngine, database: Database, runId: string): Promise<void> => {
    assert.deepEqual(await restoreLostTasks(database, engine.context.queue), { runs: 1, notifications: 0 })
    await work(engine)
    assert.equal((await engine.end(runId)).status, 'Completed')
    const told = (await runMessages(database.kysely, [runId])).map(({ text }) => text)
    assert.deepEqual(told, [remark])
  }

  it('is started when it was queued', () =>
    withRun(async (engine, database, runId) => {
      await loseAll(database)
      await endsAfterRestoring(engine, database, runId)
    }))

  it('goes on where it was: assets that wait, that were collected, and that ended', () =>
    withRun(async (engine, database, runId, [first = '', second = '']) => {
      await startRun(engine.context, { runId })
      const claim = await claimAsset(database.kysely, { runId, assetId: first }, 'collecting')
      assert.ok(claim !== undefined)
      await moveAsset(database.kysely, claim, 'completed')
      await loseAll(database)
      await restoreLostTasks(database, engine.context.queue)
      assert.deepEqual(await tasks(database), [`collect-asset ${second}`, 'end-run'])
      await loseAll(database)
      const evidence = await claimAsset(database.kysely, { runId, assetId: second }, 'collecting')
      assert.ok(evidence !== undefined)
      await moveAsset(database.kysely, evidence, 'collected')
      await restoreLostTasks(database, engine.context.queue)
      assert.deepEqual(await tasks(database), ['end-run', 'evaluate-asset'])
    }))

  it('makes the tasks that its start had not made', () =>
    withRun(async (engine, database, runId) => {
      await startRun(engine.context, { runId })
      await sql`update job_runs set tasks_made = 0`.execute(database.kysely)
      await loseAll(database)
      await endsAfterRestoring(engine, database, runId)
    }))

  it('ends when only its end was lost, also when it is being stopped', () =>
    withRun(async (engine, database, runId, assetIds) => {
      await startRun(engine.context, { runId })
      for (const assetId of assetIds) {
        const claim = await claimAsset(database.kysely, { runId, assetId }, 'collecting')
        assert.ok(claim !== undefined)
        await moveAsset(database.kysely, claim, 'completed')
      }
      await loseAll(database)
      await restoreLostTasks(database, engine.context.queue)
      assert.deepEqual(await tasks(database), ['end-run', 'finish-run'])
      await engine.abort(runId)
      await loseAll(database)
      await restoreLostTasks(database, engine.context.queue)
      assert.deepEqual(await tasks(database), ['finish-run'])
      await work(engine)
      assert.equal((await engine.end(runId)).status, 'Aborted')
    }))

  it('has its time limit again when nothing but that was lost', () =>
    withRun(async (engine, database, runId) => {
      await startRun(engine.context, { runId })
      await sql`update job_runs set started_at = now() - interval '20 minutes'`.execute(database.kysely)
      await sql`delete from pgboss.job where name = 'end-run'`.execute(database.kysely)
      assert.deepEqual(await restoreLostTasks(database, engine.context.queue), { runs: 1, notifications: 0 })
      const { rows } = await sql`
        select round(extract(epoch from start_after - now()) / 60)::integer as minutes, data ->> 'runId' = ${runId} as ours
        from pgboss.job where name = 'end-run'`.execute(database.kysely)
      assert.deepEqual(rows, [{ minutes: 40, ours: true }])
      const others = (await tasks(database)).map((task) => task.split(' ')[0])
      assert.deepEqual(others, ['collect-asset', 'collect-asset', 'end-run', 'start-run'], 'and no more')
    }))

  it('has the limit of its collection again, as long as an asset waits', () =>
    withRun(async (engine, database, runId, assetIds) => {
      await startRun(engine.context, { runId })
      await sql`
        update job_runs set started_at = now() - interval '20 minutes',
          snapshot = jsonb_set(snapshot, '{definition,collectionOnlyTimeOutMins}', '50')`.execute(database.kysely)
      assert.deepEqual(await restoreLostTasks(database, engine.context.queue), { runs: 1, notifications: 0 })
      const { rows } = await sql`
        select round(extract(epoch from start_after - now()) / 60)::integer as minutes, data ->> 'runId' = ${runId} as ours
        from pgboss.job where name = 'end-collection'`.execute(database.kysely)
      assert.deepEqual(rows, [{ minutes: 30, ours: true }])
      assert.deepEqual(await restoreLostTasks(database, engine.context.queue), { runs: 0, notifications: 0 })
      for (const assetId of assetIds) await claimAsset(database.kysely, { runId, assetId }, 'collecting')
      await sql`delete from pgboss.job where name = 'end-collection'`.execute(database.kysely)
      assert.deepEqual(await restoreLostTasks(database, engine.context.queue), { runs: 0, notifications: 0 })
    }))

  it('of the product itself does its work', () =>
    withRun(async (engine, database, runId) => {
      await startRun(engine.context, { runId })
      await loseAll(database)
      await restoreLostTasks(database, engine.context.queue)
      assert.deepEqual(await tasks(database), ['end-run', 'system-job'])
    }, 'ProductionDataPurgeJob'))

  it('is left alone while a task of it waits, is under way, waits for another try, or is buried', () =>
    withRun(async (engine, database) => {
      for (const state of ['created', 'active', 'retry']) {
        await sql`update pgboss.job set state = ${sql.lit(state)}::pgboss.job_state`.execute(database.kysely)
        assert.deepEqual(await restoreLostTasks(database, engine.context.queue), { runs: 0, notifications: 0 })
      }
      await sql`update pgboss.job set state = 'failed'`.execute(database.kysely)
      await sql`
        insert into pgboss.job (name, data) select 'dead-tasks', data from pgboss.job`.execute(database.kysely)
      assert.deepEqual(await restoreLostTasks(database, engine.context.queue), { runs: 0, notifications: 0 })
    }))

  it('has each task once, however many servers look', () =>
    withRun(async (engine, database) => {
      await loseAll(database)
      const looks = await Promise.all([1, 2, 3].map(() => restoreLostTasks(database, engine.context.queue)))
      assert.equal(
        looks.reduce((sum, { runs }) => sum + runs, 0),
        1,
      )
      assert.deepEqual(await tasks(database), ['start-run'])
    }))

  it('sends its mail when that was lost after its end', () =>
    withRun(async (engine, database, runId) => {
      const message = { runId, kind: 'success', messageId: '<a@example.org>', message: {} }
      await database.kysely.transaction().execute(async (tx) => {
        await endRun(tx, runId, 'Failed', false)
        await addToOutbox(tx, message)
      })
      await loseAll(database)
      assert.deepEqual(await restoreLostTasks(database, engine.context.queue), { runs: 0, notifications: 1 })
      assert.deepEqual(await tasks(database), ['notify'])
      assert.deepEqual(await restoreLostTasks(database, engine.context.queue), { runs: 0, notifications: 0 })
    }))
})
