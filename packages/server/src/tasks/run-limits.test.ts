import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { it } from 'node:test'
import { sql } from 'kysely'
import { Temporal } from 'temporal-polyfill'
import { describeOnBothDatabases } from '../db/testing.ts'
import { emptySchedule } from '../jobs/job-definition.ts'
import { claimAsset, moveAsset } from '../jobs/run-transitions.ts'
import { latestResult } from '../store/results.ts'
import { countRunAssets, findRun, runAssets, runMessages } from '../store/runs.ts'
import { collectAsset } from './collect-asset.ts'
import { endCollection } from './end-collection.ts'
import { evaluateAsset } from './evaluate-asset.ts'
import { finishRun, finishRunSoon } from './finish-run.ts'
import { startRun } from './start-run.ts'
import { engines, openThisMachine, slowSession, until } from './testing.ts'
import type { OpenSession } from './task-context.ts'
import type { TestEngine } from './testing.ts'
import { slowness } from '../../../collect/src/testing/slowness.ts'

const attempt = { signal: new AbortController().signal, number: 1, isLast: true }

async function messages(engine: TestEngine, runId: string): Promise<string[]> {
  return (await runMessages(engine.context.database.kysely, [runId])).map(({ text }) => text)
}

/** How many processes run `sleep` for so many seconds. */
function sleepers(seconds: string): number {
  return readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid)) return false
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8') === `sleep\0${seconds}\0`
    } catch {
      return false
    }
  }).length
}

describeOnBothDatabases('the limits of a run', (withDatabase) => {
  const withEngine = engines(withDatabase)

  it('an abort reaches the command on the asset within two seconds, and keeps what was finished', async () => {
    const seconds = `${300 + Math.random()}`
    const openSession = slowSession(async (session) => {
      if (session.asset === 'slow') await session.run(['sleep', seconds])
    })
    await withEngine(
      async (engine, standard, { kysely: db }) => {
        standard.write('mode = strict\n')
        const [quick, slow] = [await engine.addAsset('quick'), await engine.addAsset('slow')]
        const jobId = await engine.addJob({
          assetsResolutionInfo: [quick, slow].map((id) => ({ id, type: '' })),
          standards: [engine.standardIds.small],
        })
        const runId = await engine.start(jobId)
        await until('the slow asset to be asked and the quick one done', async () => {
          const counts = await countRunAssets(db, runId)
          return sleepers(seconds) > 0 && counts.completed === 1 ? true : undefined
        })
        const began = performance.now()
        await engine.abort(runId)
        const run = await engine.end(runId)
        await until('the command to end', () => (sleepers(seconds) === 0 ? true : undefined))
        assert.ok(performance.now() - began < 2000 * slowness(), `${performance.now() - began} ms`)
        assert.equal(run.status, 'Aborted')
        const states = (await runAssets(db, runId, { limit: 10 })).map(({ name, state }) => [name, state])
        assert.deepEqual(Object.fromEntries(states), { quick: 'completed', slow: 'aborted' })
        assert.ok((await latestResult(db, quick, engine.standardIds.small)) !== undefined)
        assert.deepEqual(await messages(engine, runId), [
          'The run was aborted by admin.',
          'Assets that were not finished: 1.',
        ])
        const nobodys = randomUUID()
        const wishes = [runId, nobodys, runId].map((id) => ({ runId: id, by: 'admin' }))
        const again = await db.transaction().execute((tx) => engine.context.queue.requestAborts(tx, wishes))
        assert.deepEqual(again, ['already-ended', 'not-found', 'already-ended'])
      },
      { openSession },
    )
  })

  it('an abort does not wait for a worker that is gone', () =>
    withEngine(
      async (engine, _, { kysely: db }) => {
        const assetId = await engine.addAsset('this machine')
        const jobId = await engine.addJob({
          assetsResolutionInfo: [{ id: assetId, type: '' }],
          standards: [engine.standardIds.small],
        })
        const runId = await engine.start(jobId)
        await startRun(engine.context, { runId })
        await claimAsset(db, { runId, assetId }, 'collecting')
        await engine.abort(runId)
        await finishRun(engine.context, { runId })
        assert.equal((await findRun(db, runId))?.status, 'Aborting')
        await finishRun(engine.context, { runId, force: true })
        assert.equal((await findRun(db, runId))?.status, 'Aborted')
        assert.deepEqual(await countRunAssets(db, runId), { aborted: 1 })
      },
      { idle: true },
    ))

  it('an abort ends a run within two seconds even when nothing heeds it, the last session included', async () => {
    let asked = 0
    const deaf = new Promise<never>(() => undefined)
    const openSession: OpenSession = async (asset, signal) => {
      asked += 1
      // One asset never lets anybody in, one never answers and never hangs up.
      if (asset.name === 'silent') return deaf
      const session = await openThisMachine(asset, signal)
      return { ...session, readBytes: () => deaf, readText: () => deaf, close: () => deaf }
    }
    await withEngine(
      async (engine, _, { kysely: db }) => {
        const ids = [await engine.addAsset('silent'), await engine.addAsset('stuck')]
        const runId = await engine.start(
          await engine.addJob({
            assetsResolutionInfo: ids.map((id) => ({ id, type: '' })),
            standards: [engine.standardIds.small],
          }),
        )
        await until('both to be asked', () => (asked === 2 ? true : undefined))
        const began = performance.now()
        await engine.abort(runId)
        await engine.abort(runId)
        assert.equal((await engine.end(runId)).status, 'Aborted')
        assert.ok(performance.now() - began < 2000 * slowness(), `${performance.now() - began} ms`)
        assert.deepEqual(await countRunAssets(db, runId), { aborted: 2 })
      },
      { openSession },
    )
  })

  it('a run that has not begun is aborted at once', () =>
    withEngine(
      async (engine, _, { kysely: db }) => {
        const runId = await engine.start(await engine.addJob({ standards: [engine.standardIds.small] }))
        await engine.abort(runId)
        await finishRun(engine.context, { runId })
        await startRun(engine.context, { runId })
        assert.equal((await findRun(db, runId))?.status, 'Aborted')
      },
      { idle: true },
    ))

  it('an abort ends a run whose evaluation does not come to an end', () =>
    withEngine(
      async (engine, standard, { kysely: db }) => {
        standard.write('mode = strict\n')
        const assetId = await engine.addAsset('this machine')
        const job = { assetsResolutionInfo: [{ id: assetId, type: '' }], standards: [engine.standardIds.small] }
        const runId = await engine.start(await engine.addJob(job))
        await startRun(engine.context, { runId })
        await collectAsset(engine.context, { runId, assetId }, attempt)
        const begun = Promise.withResolvers<void>()
        const endless = {
          prepare: () => {
            begun.resolve()
            return new Promise<never>(() => undefined)
          },
        }
        void evaluateAsset({ ...engine.context, standards: endless }, { runId, assetId }, attempt)
        await begun.promise
        const began = performance.now()
        await engine.abort(runId)
        await finishRunSoon(engine.context, { runId })
        assert.ok(performance.now() - began < 1000 * slowness(), 'the task does not wait for who does not answer')
        await engine.end(runId)
        assert.ok(performance.now() - began < 2000 * slowness(), `${performance.now() - began} ms`)
        assert.equal((await findRun(db, runId))?.status, 'Aborted')
        assert.deepEqual(await countRunAssets(db, runId), { aborted: 1 })
      },
      { idle: true },
    ))

  for (const { what, isLast, read } of [
    { what: 'has just been collected', isLast: true, read: openThisMachine },
    { what: 'was to be tried again', isLast: false, read: () => Promise.reject(new Error('it may pass')) },
  ] satisfies { what: string; isLast: boolean; read: OpenSession }[]) {
    it(`an abort that a worker does not see yet ends at once an asset that ${what}`, () => {
      let stop = (): Promise<void> => Promise.resolve()
      const openSession: OpenSession = async (asset, signal) => {
        await stop()
        return read(asset, signal)
      }
      return withEngine(
        async (engine, _, { kysely: db }) => {
          const assetId = await engine.addAsset('this machine')
          const job = { assetsResolutionInfo: [{ id: assetId, type: '' }], standards: [engine.standardIds.small] }
          const runId = await engine.start(await engine.addJob(job))
          await startRun(engine.context, { runId })
          stop = () => engine.abort(runId)
          await collectAsset(engine.context, { runId, assetId }, { ...attempt, isLast }).catch(() => undefined)
          await evaluateAsset(engine.context, { runId, assetId }, attempt)
          assert.deepEqual(await countRunAssets(db, runId), { aborted: 1 })
          await finishRun(engine.context, { runId })
          assert.equal((await findRun(db, runId))?.status, 'Aborted')
        },
        { idle: true, openSession },
      )
    })
  }

  it('an abort of a run that is about to end leaves its results', () =>
    withEngine(
      async (engine, standard, { kysely: db }) => {
        standard.write('mode = strict\n')
        const assetId = await engine.addAsset('this machine')
        const job = { assetsResolutionInfo: [{ id: assetId, type: '' }], standards: [engine.standardIds.small] }
        const runId = await engine.start(await engine.addJob(job))
        await startRun(engine.context, { runId })
        await collectAsset(engine.context, { runId, assetId }, attempt)
        await evaluateAsset(engine.context, { runId, assetId }, attempt)
        await engine.abort(runId)
        await finishRun(engine.context, { runId })
        assert.equal((await findRun(db, runId))?.status, 'Aborted')
        assert.deepEqual(await countRunAssets(db, runId), { completed: 1 })
        assert.deepEqual((await latestResult(db, assetId, engine.standardIds.small))?.outcomes, ['pass', 'pass'])
      },
      { idle: true },
    ))

  it("the schedule's limit ends a run as timed out, also when the asset does not answer", async () => {
    const openSession = slowSession(() => new Promise(() => undefined))
    await withEngine(
      async (engine, _, { kysely: db }) => {
        const schedule = { ...emptySchedule(Temporal.Now.instant()), endJobRunConfigured: true }
        const jobId = await engine.addJob({
          assetsResolutionInfo: [{ id: await engine.addAsset('slow'), type: '' }],
          standards: [engine.standardIds.small],
          schedule: { ...schedule, endJobRunTimeInterval: '00:00:01' },
        })
        const run = await engine.run(jobId)
        assert.equal(run.status, 'Timed out')
        assert.deepEqual(await countRunAssets(db, run.id), { 'timed out': 1 })
        assert.deepEqual(await messages(engine, run.id), [
          'The run reached the time limit that its schedule sets.',
          'Assets that were not finished: 1.',
        ])
      },
      { openSession },
    )
  })

  it('the collection limit cuts what is being collected; what was collected is evaluated', async () => {
    const openSession = slowSession(async (session) => {
      if (session.asset === 'slow') await session.run(['sleep', '60'])
    })
    await withEngine(
      async (engine, standard, { kysely: db }) => {
        standard.write('mode = strict\n')
        const [quick, slow, late] = await Promise.all(['quick', 'slow', 'late'].map((name) => engine.addAsset(name)))
        const jobId = await engine.addJob({
          assetsResolutionInfo: [quick, slow, late].map((id) => ({ id: id ?? '', type: '' })),
          standards: [engine.standardIds.small],
          collectionOnlyTimeOutMins: 1,
        })
        const runId = await engine.start(jobId)
        await startRun(engine.context, { runId })
        const of = (assetId = ''): { runId: string; assetId: string } => ({ runId, assetId })
        const shift = (seconds: number): Promise<unknown> =>
          sql`update job_runs set started_at = started_at - ${`${seconds} s`}::interval`.execute(db)
        await collectAsset(engine.context, of(quick), attempt)
        await shift(59)
        const began = performance.now()
        await collectAsset(engine.context, of(slow), attempt)
        assert.ok(performance.now() - began < 2000 * slowness())
        await shift(5)
        await collectAsset(engine.context, of(late), attempt)
        for (const asset of [quick, slow, late]) await evaluateAsset(engine.context, of(asset), attempt)
        await finishRun(engine.context, { runId })
        assert.equal((await findRun(db, runId))?.status, 'Completed with errors')
        const assets = await runAssets(db, runId, { limit: 10 })
        assert.deepEqual(Object.fromEntries(assets.map(({ name, reason }) => [name, reason])), {
          quick: null,
          slow: 'collection-time-out',
          late: 'collection-time-out',
        })
        const result = await latestResult(db, slow ?? '', engine.standardIds.small)
        assert.deepEqual(result?.outcomes, ['unknown', 'unknown'])
      },
      { openSession, idle: true },
    )
  })

  it('the collection limit reaches an asset that another run keeps waiting', async () => {
    const gate = Promise.withResolvers<void>()
    await withEngine(
      async (engine, standard, { kysely: db }) => {
        try {
          standard.write('mode = strict\n')
          const assetId = await engine.addAsset('busy')
          const job = { assetsResolutionInfo: [{ id: assetId, type: '' }], standards: [engine.standardIds.small] }
          const holding = await engine.start(await engine.addJob(job))
          await until('the first run to ask the asset', async () =>
            (await countRunAssets(db, holding)).collecting === 1 ? true : undefined,
          )
          const waiting = await engine.start(await engine.addJob({ ...job, collectionOnlyTimeOutMins: 1 }))
          await until('the second to wait for it', async () =>
            (await countRunAssets(db, waiting)).waiting === 1 ? true : undefined,
          )
          await sql`update job_runs set started_at = started_at - interval '1 minute' where id = ${waiting}`.execute(db)
          await sql`
            update pgboss.job set start_after = start_after - interval '1 minute'
            where name = 'end-collection' and data ->> 'runId' = ${waiting}`.execute(db)
          assert.equal((await engine.end(waiting)).status, 'Failed')
          const [asset] = await runAssets(db, waiting, { limit: 10 })
          assert.deepEqual([asset?.state, asset?.reason], ['failed', 'collection-time-out'])
          assert.deepEqual((await latestResult(db, assetId, engine.standardIds.small))?.outcomes, [
            'unknown',
            'unknown',
          ])
          assert.deepEqual(await messages(engine, waiting), [
            "The job's time limit for collecting was reached before this asset was done.",
          ])
          gate.resolve()
          assert.equal((await engine.end(holding)).status, 'Completed')
        } finally {
          gate.resolve()
        }
      },
      { openSession: slowSession(() => gate.promise) },
    )
  })

  it('the collection limit ends the waiting of any number of assets, and of these alone', () =>
    withEngine(
      async (engine, _, { kysely: db }) => {
        const assetIds: string[] = []
        for (let asset = 0; asset < 503; asset += 1) assetIds.push(await engine.addAsset(`asset ${asset}`))
        const jobId = await engine.addJob({
          assetsResolutionInfo: assetIds.map((id) => ({ id, type: '' })),
          standards: [engine.standardIds.small],
          collectionOnlyTimeOutMins: 1,
        })
        const runId = await engine.start(jobId)
        await startRun(engine.context, { runId })
        await claimAsset(db, { runId, assetId: assetIds[0] ?? '' }, 'collecting')
        await endCollection(engine.context, { runId })
        assert.deepEqual(await countRunAssets(db, runId), { collecting: 1, collected: 502 })
        const { rows } = await sql`
          select count(*)::integer as tasks from pgboss.job where name = 'evaluate-asset'`.execute(db)
        assert.deepEqual(rows, [{ tasks: 502 }])
        await engine.abort(runId)
        await endCollection(engine.context, { runId })
        assert.deepEqual(await countRunAssets(db, runId), { collecting: 1, aborted: 502 })
      },
      { idle: true },
    ))

  it('the collection limit does not cut a data collection job', () =>
    withEngine(
      async (engine, standard, { kysely: db }) => {
        standard.write('mode = strict\n')
        const assetId = await engine.addAsset('late')
        const jobId = await engine.addJob(
          {
            assetsResolutionInfo: [{ id: assetId, type: '' }],
            standards: [engine.standardIds.small],
            collectionOnlyTimeOutMins: 1,
          },
          'DataCollectionJob',
        )
        const runId = await engine.start(jobId)
        await startRun(engine.context, { runId })
        await sql`update job_runs set started_at = started_at - interval '2 minutes'`.execute(db)
        await collectAsset(engine.context, { runId, assetId }, attempt)
        assert.deepEqual(await countRunAssets(db, runId), { completed: 1 })
      },
      { openSession: openThisMachine, idle: true },
    ))

  it('an asset that takes too long fails alone', async () => {
    const openSession = slowSession(async (session) => {
      if (session.asset === 'slow') await session.run(['sleep', '60'])
    })
    await withEngine(
      async (engine, standard, { kysely: db }) => {
        standard.write('mode = strict\n')
        const ids = [await engine.addAsset('quick'), await engine.addAsset('slow')]
        const run = await engine.run(
          await engine.addJob({
            assetsResolutionInfo: ids.map((id) => ({ id, type: '' })),
            standards: [engine.standardIds.small],
          }),
        )
        assert.equal(run.status, 'Completed with errors')
        const assets = await runAssets(db, run.id, { limit: 10 })
        assert.deepEqual(Object.fromEntries(assets.map(({ name, reason }) => [name, reason])), {
          quick: null,
          slow: 'asset-time-out',
        })
      },
      { openSession, settings: { assetTimeoutSeconds: 3 } },
    )
  })

  it('a try that was overtaken by another cannot write any more', () =>
    withEngine(
      async (engine, _, { kysely: db }) => {
        const assetId = await engine.addAsset('this machine')
        const jobId = await engine.addJob({
          assetsResolutionInfo: [{ id: assetId, type: '' }],
          standards: [engine.standardIds.small],
        })
        const runId = await engine.start(jobId)
        await startRun(engine.context, { runId })
        const first = await claimAsset(db, { runId, assetId }, 'collecting')
        const second = await claimAsset(db, { runId, assetId }, 'collecting')
        assert.ok(first !== undefined && second !== undefined)
        assert.equal(await moveAsset(db, first, 'collected'), false)
        assert.equal(await moveAsset(db, first, 'completed'), false)
        assert.equal(await moveAsset(db, second, 'collected'), true)
        assert.equal(await moveAsset(db, second, 'completed'), false, 'not a move of the table')
      },
      { idle: true },
    ))
})
