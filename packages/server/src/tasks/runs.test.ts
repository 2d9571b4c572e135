import assert from 'node:assert/strict'
import { it } from 'node:test'
import { sql } from 'kysely'
import { engineVersion } from '@plumbline/scap'
import { describeOnBothDatabases } from '../db/testing.ts'
import { latestResult } from '../store/results.ts'
import { runAssets, runMessages } from '../store/runs.ts'
import { addAsset, addFolder } from '../store/testing.ts'
import { collectAsset } from './collect-asset.ts'
import { evaluateAsset } from './evaluate-asset.ts'
import { finishRun } from './finish-run.ts'
import { startRun } from './start-run.ts'
import type { OpenSession } from './task-context.ts'
import { engines, makeTestStandard, openThisMachine, slowSession, startTestEngine, until } from './testing.ts'
import type { TestEngine } from './testing.ts'

const on = (...ids: readonly string[]): { assetsResolutionInfo: { id: string; type: string }[] } => ({
  assetsResolutionInfo: ids.map((id) => ({ id, type: '' })),
})

async function outcomes(engine: TestEngine, assetId: string, standardId: string): Promise<unknown> {
  return (await latestResult(engine.context.database.kysely, assetId, standardId))?.outcomes
}

async function messages(engine: TestEngine, runId: string): Promise<string[]> {
  return (await runMessages(engine.context.database.kysely, [runId])).map(({ text }) => text)
}

describeOnBothDatabases('a run', (withDatabase) => {
  const withEngine = engines(withDatabase)

  it('collects from this machine, evaluates, and explains', () =>
    withEngine(async (engine, standard, { kysely: db }) => {
      standard.write('mode = loose\n')
      const assetId = await engine.addAsset('this machine')
      const { small, full } = engine.standardIds
      const run = await engine.run(await engine.addJob({ ...on(assetId), standards: [small, full] }))
      assert.equal(run.status, 'Completed', JSON.stringify(await messages(engine, run.id)))
      const [asset] = await runAssets(db, run.id, { limit: 10 })
      assert.deepEqual({ state: asset?.state, attempt: asset?.attempt }, { state: 'completed', attempt: 2 })
      const result = await latestResult(db, assetId, small)
      assert.deepEqual(result?.outcomes, ['pass', 'fail'])
      assert.deepEqual(await outcomes(engine, assetId, full), ['pass', 'fail', 'fail'])
      assert.deepEqual(
        { score: result.score, evidence: result.evidenceId, scores: result.detail.scores },
        {
          score: 50,
          evidence: asset?.evidenceId,
          scores: { default: 50, flat: 1, 'flat-unweighted': 1, absolute: 0 },
        },
      )
      const [, mode] = result.detail.rules
      const engines = await db.selectFrom('results').select('engine').distinct().execute()
      assert.deepEqual(engines, [{ engine: engineVersion }], 'what evaluated is noted')
      assert.match(JSON.stringify(mode?.explanation), /"expected":\["strict"\],"found":\["loose"\],"result":"false"/)
    }))

  it('works on the job as it was when it was asked for; the next run on the job as it is then', async () => {
    const gate = Promise.withResolvers<void>()
    const reached = Promise.withResolvers<void>()
    const openSession = slowSession(async () => {
      reached.resolve()
      await gate.promise
    })
    await withEngine(
      async (engine, standard) => {
        standard.write('mode = strict\nsize = small\n')
        const assetId = await engine.addAsset('this machine')
        const { small, full } = engine.standardIds
        const jobId = await engine.addJob({ ...on(assetId), standards: [small] })
        const first = await engine.start(jobId)
        await reached.promise
        await engine.changeJob(jobId, { ...on(assetId), standards: [full] })
        gate.resolve()
        assert.equal((await engine.end(first)).status, 'Completed')
        assert.deepEqual(
          [await outcomes(engine, assetId, small), await outcomes(engine, assetId, full)],
          [['pass', 'pass'], undefined],
        )
        assert.equal((await engine.run(jobId)).status, 'Completed')
        assert.deepEqual(await outcomes(engine, assetId, full), ['pass', 'pass', 'fail'])
      },
      { openSession },
    )
  })

  it('keeps an asset that cannot be reached in the results, as unknown and with the reason', () =>
    withEngine(async (engine, standard, { kysely: db }) => {
      standard.write('mode = strict\n')
      const here = await engine.addAsset('this machine')
      const router = await engine.addAsset('router', { transport: 'none' })
      const { small } = engine.standardIds
      const both = await engine.run(await engine.addJob({ ...on(here, router), standards: [small] }))
      assert.equal(both.status, 'Completed with errors')
      assert.deepEqual(await outcomes(engine, here, small), ['pass', 'pass'])
      const unknown = await latestResult(db, router, small)
      const why = 'router is of a type that this version cannot collect from; its standards are evaluated as unknown.'
      assert.deepEqual(
        { outcomes: unknown?.outcomes, score: unknown?.score, reason: unknown?.detail.reason },
        {
          outcomes: ['unknown', 'unknown'],
          score: null,
          reason: `${why} Nothing was ever collected from this asset.`,
        },
      )
      assert.deepEqual(await messages(engine, both.id), [why])
      const alone = await engine.run(await engine.addJob({ ...on(router), standards: [small] }))
      assert.equal(alone.status, 'Failed')
    }))

  it('keeps an asset whose evaluation fails in the results, as unknown and with the reason', () =>
    withEngine(
      async (engine, standard, { kysely: db }) => {
        standard.write('mode = strict\n')
        const assetId = await engine.addAsset('this machine')
        const { small } = engine.standardIds
        const runId = await engine.start(await engine.addJob({ ...on(assetId), standards: [small] }))
        await startRun(engine.context, { runId })
        const attempt = { signal: new AbortController().signal, number: 1, isLast: true }
        await collectAsset(engine.context, { runId, assetId }, attempt)
        await db.updateTable('run_assets').set({ evidence_id: null }).where('run_id', '=', runId).execute()
        await evaluateAsset(engine.context, { runId, assetId }, attempt)
        await finishRun(engine.context, { runId })
        const why = 'Evaluating met an error of the program; see the log of the server.'
        const result = await latestResult(db, assetId, small)
        assert.deepEqual(
          { outcomes: result?.outcomes, reason: result?.detail.reason, cause: result?.detail.cause },
          { outcomes: ['unknown', 'unknown'], reason: why, cause: 'evaluation failed' },
        )
        const asset = await db.selectFrom('run_assets').select(['state', 'reason']).executeTakeFirst()
        assert.deepEqual(asset, { state: 'failed', reason: 'internal-error' })
        assert.deepEqual(await messages(engine, runId), [why])
      },
      { idle: true },
    ))

  it('fails with a message when there is nothing to work on', () =>
    withEngine(async (engine) => {
      const { small } = engine.standardIds
      const gone = '00000000-0000-4000-8000-000000000000'
      const nothing = await engine.run(await engine.addJob({ ...on(gone), standards: [small] }))
      assert.equal(nothing.status, 'Failed')
      assert.deepEqual(await messages(engine, nothing.id), [
        `The asset or asset group ${gone} does not exist any more; update the job.`,
        'No asset is left to work on. Check the assets and asset groups of the job.',
      ])
    }))

  it('resolves groups when it starts, each asset once, without those its owner has no permission on', () =>
    withEngine(async (engine, standard, { kysely: db }) => {
      standard.write('mode = strict\n')
      const [one, two] = [await engine.addAsset('one'), await engine.addAsset('two')]
      const secret = await addAsset(db, await addFolder(db, 'asset system\\secret'), { name: 'three' })
      const groupId = '11111111-1111-4111-8111-111111111111'
      const { id: folder_id } = await db.selectFrom('folders').select('id').executeTakeFirstOrThrow()
      await db
        .insertInto('asset_groups')
        .values({ id: groupId, display_name: 'All', folder_id, expression: null })
        .execute()
      await db
        .insertInto('asset_group_members')
        .values([one, two, secret].map((asset_id) => ({ group_id: groupId, asset_id })))
        .execute()
      await sql`update folders set path_key = 'elsewhere' where path like '%secret'`.execute(db)
      const run = await engine.run(await engine.addJob({ ...on(groupId, one), standards: [engine.standardIds.small] }))
      assert.equal(run.status, 'Completed')
      const names = (await runAssets(db, run.id, { limit: 10 })).map(({ name }) => name)
      assert.deepEqual(names.toSorted(), ['one', 'two'])
      assert.deepEqual(await messages(engine, run.id), [
        '1 asset is left out: admin, who made this job, has no permission on the folders.',
      ])
    }))

  it('finds the members of a group with an expression when it starts', () =>
    withEngine(async (engine, standard, { kysely: db }) => {
      standard.write('mode = strict\n')
      for (const name of ['web-1', 'web-2', 'mail']) await engine.addAsset(name)
      const { id: folder_id } = await db.selectFrom('folders').select('id').executeTakeFirstOrThrow()
      const groups = [1, 2, 3].map((one) => `11111111-1111-4111-8111-11111111111${one}`)
      const expressions = ['displayName StartsWith web', 'displayName resembles web', 'displayName = none']
      await db
        .insertInto('asset_groups')
        .values(
          groups.map((id, index) => ({ id, display_name: `G${index}`, folder_id, expression: expressions[index]! })),
        )
        .execute()
      const jobId = await engine.addJob({ ...on(...groups), standards: [engine.standardIds.small] })
      const run = await engine.run(jobId)
      const names = (await runAssets(db, run.id, { limit: 10 })).map(({ name }) => name)
      assert.deepEqual(names.toSorted(), ['web-1', 'web-2'])
      const [unreadable, empty] = await messages(engine, run.id)
      assert.match(unreadable ?? '', /^The members of the asset group G1 cannot be found: /)
      assert.equal(empty, 'The asset group G2 is empty now: no asset agrees with displayName = none.')
    }))

  it('asks an asset by one session at a time, whatever jobs want it', async () => {
    let open = 0
    let most = 0
    const openSession: OpenSession = async (asset, signal) => {
      const session = await openThisMachine(asset, signal)
      open += 1
      most = Math.max(most, open)
      await new Promise((resolve) => setTimeout(resolve, 50))
      return {
        ...session,
        async close() {
          open -= 1
          await session.close()
        },
      }
    }
    await withEngine(
      async (engine, standard) => {
        standard.write('mode = strict\n')
        const assetId = await engine.addAsset('this machine')
        const definition = { ...on(assetId), standards: [engine.standardIds.small] }
        const jobs = await Promise.all([1, 2, 3].map(() => engine.addJob(definition)))
        const runs = await Promise.all(jobs.map((jobId) => engine.run(jobId)))
        assert.deepEqual(
          { statuses: runs.map(({ status }) => status), most },
          { statuses: ['Completed', 'Completed', 'Completed'], most: 1 },
        )
      },
      { openSession },
    )
  })

  it('whose worker is lost is taken up by another, and leaves one result', () =>
    withDatabase(async (database) => {
      const standard = makeTestStandard()
      standard.write('mode = strict\n')
      const hung = Promise.withResolvers<void>()
      const first = await startTestEngine(database, standard, {
        openSession: slowSession((_, signal) => {
          hung.resolve()
          return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('cut'))))
        }),
      })
      const assetId = await first.addAsset('this machine')
      const runId = await first.start(await first.addJob({ ...on(assetId), standards: [first.standardIds.small] }))
      await hung.promise
      await first.stop(0)
      const second = await startTestEngine(database, standard, { standardIds: first.standardIds })
      try {
        await sql`update pgboss.job set start_after = now() where state = 'retry'`.execute(database.kysely)
        assert.equal((await second.end(runId)).status, 'Completed')
        const results = await database.kysely.selectFrom('results').select('asset_id').execute()
        assert.deepEqual(results, [{ asset_id: assetId }])
        const [asset] = await runAssets(database.kysely, runId, { limit: 1 })
        assert.equal(asset?.attempt, 3, 'a lost try at collecting, another, and one at evaluating')
      } finally {
        await second.stop()
        standard.remove()
      }
    }))

  it('evaluates what was collected before when the job only evaluates, however old it is', () =>
    withEngine(async (engine, standard, { kysely: db }) => {
      standard.write('mode = strict\n')
      const assetId = await engine.addAsset('this machine')
      const definition = { ...on(assetId), standards: [engine.standardIds.full] }
      const evaluation = await engine.addJob(definition, 'EvaluationJob')
      const early = await engine.run(evaluation)
      assert.equal(early.status, 'Failed')
      assert.deepEqual(await messages(engine, early.id), [
        'Nothing was ever collected from this asset; run a job that collects.',
      ])
      const collected = await engine.run(await engine.addJob(definition, 'DataCollectionJob'))
      assert.equal(collected.status, 'Completed')
      assert.equal((await db.selectFrom('results').select('run_id').execute()).length, 1, 'only the first has results')
      standard.write('mode = loose\nsize = large\n')
      assert.equal((await engine.run(evaluation)).status, 'Completed')
      const result = await latestResult(db, assetId, engine.standardIds.full)
      assert.deepEqual(result?.outcomes, ['pass', 'pass', 'fail'], 'the file as it was when it was read')
    }))

  it('costs next to nothing when nothing has changed', () =>
    withEngine(async (engine, standard, { kysely: db }) => {
      standard.write('mode = strict\n')
      const jobId = await engine.addJob({
        ...on(await engine.addAsset('this machine')),
        standards: [engine.standardIds.full],
      })
      for (let runs = 0; runs < 3; runs += 1) await engine.run(jobId)
      const { rows } = await sql`
        select (select count(*) from evidence)::integer as evidence,
          (select count(*) from evidence_packs)::integer as packs,
          (select count(distinct digest) from evidence)::integer as different,
          (select count(*) from results)::integer as results,
          (select count(*) from result_details)::integer as details`.execute(db)
      assert.deepEqual(rows, [{ evidence: 3, packs: 1, different: 1, results: 3, details: 1 }])
    }))

  it('says what it ended as to whoever waits, in the order in which things happened', () =>
    withEngine(async (engine, standard) => {
      standard.write('mode = strict\n')
      const jobId = await engine.addJob({
        ...on(await engine.addAsset('this machine')),
        standards: [engine.standardIds.small],
      })
      const run = await engine.run(jobId)
      assert.ok(run.startedAt !== null && run.endedAt !== null)
      assert.ok(run.queuedAt <= run.startedAt && run.startedAt <= run.endedAt)
      await until('the job to be free again', () => engine.start(jobId))
    }))
})
