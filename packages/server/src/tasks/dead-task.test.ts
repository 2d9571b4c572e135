import assert from 'node:assert/strict'
import { it } from 'node:test'
import { sql } from 'kysely'
import { Temporal } from 'temporal-polyfill'
import { describeOnBothDatabases } from '../db/testing.ts'
import { emptySchedule } from '../jobs/job-definition.ts'
import { latestResult } from '../store/results.ts'
import { countRunAssets, findRun, runAssets, runMessages } from '../store/runs.ts'
import { collectAsset } from './collect-asset.ts'
import { buryTask } from './dead-task.ts'
import { evaluateAsset } from './evaluate-asset.ts'
import { finishRun } from './finish-run.ts'
import { startRun } from './start-run.ts'
import { engines } from './testing.ts'

const attempt = { signal: new AbortController().signal, number: 1, isLast: true }
const lost = 'The worker was lost or failed at every try; see the log of the server, and run the job again.'

describeOnBothDatabases('a task that failed at every try', (withDatabase) => {
  const withEngine = engines(withDatabase)

  it('ends its asset as failed, with results that are unknown and say why', () =>
    withEngine(
      async (engine, _, { kysely: db }) => {
        const { context, standardIds } = engine
        const ids = [await engine.addAsset('one'), await engine.addAsset('two')]
        const runId = await engine.start(
          await engine.addJob({
            assetsResolutionInfo: ids.map((id) => ({ id, type: '' })),
            standards: [standardIds.small],
          }),
        )
        await startRun(context, { runId })
        const of = (index: number): { runId: string; assetId: string } => ({ runId, assetId: ids[index] ?? '' })
        await buryTask(context, { kind: 'collect-asset', data: of(0), error: 'lost' })
        await evaluateAsset(context, of(0), attempt)
        await collectAsset(context, of(1), attempt)
        await buryTask(context, { kind: 'evaluate-asset', data: of(1), error: 'lost' })
        await finishRun(context, { runId })
        assert.equal((await findRun(db, runId))?.status, 'Failed')
        const assets = await runAssets(db, runId, { limit: 10 })
        assert.deepEqual(
          assets.map(({ state, reason }) => [state, reason]),
          [
            ['failed', 'worker-lost'],
            ['failed', 'worker-lost'],
          ],
        )
        const results = await Promise.all(ids.map((id) => latestResult(db, id, standardIds.small)))
        assert.deepEqual(
          results.map((result) => [result?.outcomes, result?.detail.reason]),
          [
            [['unknown', 'unknown'], `${lost} Nothing was ever collected from this asset.`],
            [['unknown', 'unknown'], lost],
          ],
        )
        assert.deepEqual(
          (await runMessages(db, [runId])).map(({ text }) => text),
          [lost, lost],
        )
      },
      { idle: true },
    ))

  it('ends its asset without results when a burial was lost in making them', () =>
    withEngine(
      async (engine, _, { kysely: db }) => {
        const assetId = await engine.addAsset('one')
        const job = { assetsResolutionInfo: [{ id: assetId, type: '' }], standards: [engine.standardIds.small] }
        const runId = await engine.start(await engine.addJob(job))
        await startRun(engine.context, { runId })
        await collectAsset(engine.context, { runId, assetId }, attempt)
        const fatal = { prepare: () => assert.fail('the standard ends the process that reads it') }
        const task = { kind: 'evaluate-asset', data: { runId, assetId }, error: 'lost' } as const
        await buryTask({ ...engine.context, standards: fatal }, task, { number: 2 })
        await finishRun(engine.context, { runId })
        assert.deepEqual(await countRunAssets(db, runId), { failed: 1 })
        assert.equal((await findRun(db, runId))?.status, 'Failed')
      },
      { idle: true },
    ))

  it('gives up no run of which assets can go on: it has their tasks again', () =>
    withEngine(
      async (engine, _, { kysely: db }) => {
        const { context } = engine
        const assetId = await engine.addAsset('one')
        const job = { assetsResolutionInfo: [{ id: assetId, type: '' }], standards: [engine.standardIds.small] }
        for (const kind of ['start-run', 'finish-run'] as const) {
          const runId = await engine.start(await engine.addJob(job))
          await startRun(context, { runId })
          await sql`delete from pgboss.job`.execute(db)
          await buryTask(context, { kind, data: { runId }, error: 'lost' })
          assert.equal((await findRun(db, runId))?.status, 'Executing')
          const tasks = await sql`select name, data from pgboss.job`.execute(db)
          assert.deepEqual(tasks.rows, [{ name: 'collect-asset', data: { runId, assetId } }])
        }
      },
      { idle: true },
    ))

  it('fails a run that never began, and what it was to work on is run again as its schedule says', () =>
    withEngine(
      async (engine, _, { kysely: db }) => {
        const { context } = engine
        const ids = [await engine.addAsset('one'), await engine.addAsset('two')]
        const schedule = { ...emptySchedule(Temporal.Now.instant()), runPeriodically: true, repeatDays: 30 }
        const job = {
          assetsResolutionInfo: ids.map((id) => ({ id, type: '' })),
          standards: [engine.standardIds.small],
        }
        const jobId = await engine.addJob({ ...job, schedule: { ...schedule, subScheduleRepeatDays: 1 } })
        const failed = await engine.start(jobId)
        await buryTask(context, { kind: 'start-run', data: { runId: failed }, error: 'lost' })
        assert.equal((await findRun(db, failed))?.status, 'Failed')
        const plans = () => db.selectFrom('job_reruns').select(['job_id', 'run_id']).execute()
        assert.deepEqual(await plans(), [{ job_id: jobId, run_id: failed }])
        const rerun = async (of: string): Promise<string> => {
          const wish = { jobId, trigger: 'sub-schedule', requestedBy: 'schedule', rerun: { of, until: null } } as const
          const [run] = await db.transaction().execute((tx) => context.queue.requestRuns(tx, [wish]))
          return run?.runId ?? ''
        }
        const second = await rerun(failed)
        await buryTask(context, { kind: 'start-run', data: { runId: second }, error: 'lost' })
        assert.deepEqual(await plans(), [{ job_id: jobId, run_id: failed }], 'still of what the first was to work on')
        const third = await rerun(failed)
        await startRun(context, { runId: third })
        assert.deepEqual(await countRunAssets(db, third), { waiting: 2 })
        for (const assetId of ids) {
          await buryTask(context, { kind: 'collect-asset', data: { runId: third, assetId }, error: 'lost' })
          await evaluateAsset(context, { runId: third, assetId }, attempt)
        }
        await buryTask(context, { kind: 'finish-run', data: { runId: third }, error: 'lost' })
        assert.deepEqual(await plans(), [{ job_id: jobId, run_id: third }])
        const fourth = await rerun(third)
        await engine.abort(fourth)
        await finishRun(context, { runId: fourth })
        assert.deepEqual(await plans(), [], 'who aborts a run wants none of it')
      },
      { idle: true },
    ))

  it('a run whose end failed at every try has its mail, or says why not', () =>
    withEngine(
      async (engine, _, { kysely: db }) => {
        const { context } = engine
        const notification = {
          toEmailAddress: 'a@example.org',
          fromEmailAddress: 'b@example.org',
          subject: '',
          body: '',
        }
        const assetId = await engine.addAsset('one')
        const definition = {
          assetsResolutionInfo: [{ id: assetId, type: '' }],
          standards: [engine.standardIds.small],
          shouldSendFailureNotification: true,
          failureNotification: notification,
        }
        const told: unknown[] = []
        for (const publicUrl of [context.settings.publicUrl, 'not an address']) {
          const runId = await engine.start(await engine.addJob(definition))
          await startRun(context, { runId })
          await buryTask(context, { kind: 'collect-asset', data: { runId, assetId }, error: 'lost' })
          await evaluateAsset(context, { runId, assetId }, attempt)
          const broken = { ...context, settings: { ...context.settings, publicUrl } }
          await buryTask(broken, { kind: 'finish-run', data: { runId }, error: 'lost' })
          const mails = await db.selectFrom('outbox').select('kind').where('run_id', '=', runId).execute()
          const messages = (await runMessages(db, [runId])).map(({ text }) => text)
          told.push([
            (await findRun(db, runId))?.status,
            mails.map(({ kind }) => kind),
            messages.some((text) => text.startsWith('The notification could not be made')),
          ])
        }
        assert.deepEqual(told, [
          ['Failed', ['failure'], false],
          ['Failed', [], true],
        ])
      },
      { idle: true, settings: { smtpUrl: 'smtp://127.0.0.1:1' } },
    ))
})
