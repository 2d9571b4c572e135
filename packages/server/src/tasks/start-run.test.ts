import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { it } from 'node:test'
import { sql } from 'kysely'
import { Temporal } from 'temporal-polyfill'
import type { Database } from '../db/database.ts'
import { describeOnBothDatabases } from '../db/testing.ts'
import { emptySchedule } from '../jobs/job-definition.ts'
import { jitterSeconds } from '../jobs/jitter.ts'
import { claimAsset, findRunRow, finishRunIfDone, lockRun, moveAsset } from '../jobs/run-transitions.ts'
import type { TaskKind } from '../jobs/task-kinds.ts'
import { addAssetGroup } from '../store/asset-groups.ts'
import { countRunAssets, findRun, runMessages } from '../store/runs.ts'
import { failCollection } from './collect-asset.ts'
import { finishRun } from './finish-run.ts'
import { startRun, startRunsTogether } from './start-run.ts'
import { engines } from './testing.ts'
import type { TestEngine } from './testing.ts'

interface Waiting {
  readonly runId: string
  readonly assetId: string
  readonly seconds: number
}

/** The tasks of assets in the order in which workers take them, and how long each is put off. */
async function waiting({ kysely: db }: Database, kind: TaskKind = 'collect-asset'): Promise<readonly Waiting[]> {
  const { rows } = await sql<Waiting>`
    select data ->> 'runId' as "runId", data ->> 'assetId' as "assetId",
      round(extract(epoch from start_after - created_on))::integer as seconds
    from pgboss.job where name = ${kind} and state = 'created' order by priority desc, created_on, id`.execute(db)
  return rows
}

/** As a worker does, the next so many. */
async function take({ kysely: db }: Database, kind: TaskKind, count: number): Promise<void> {
  await sql`
    update pgboss.job set state = 'completed', completed_on = now() where id in (
      select id from pgboss.job where name = ${kind} and state = 'created'
      order by priority desc, created_on, id limit ${count}::integer)`.execute(db)
}

/** Runs of lengths, one piece after the other. */
function pieces(list: readonly string[]): [string, number][] {
  const found: [string, number][] = []
  for (const one of list) {
    const last = found.at(-1)
    if (last?.[0] === one) last[1] += 1
    else found.push([one, 1])
  }
  return found
}

describeOnBothDatabases('the start of a run', (withDatabase) => {
  const withEngine = engines(withDatabase)

  const addRun = async (
    engine: TestEngine,
    assetIds: readonly string[],
    {
      trigger,
      type,
      ...definition
    }: { trigger: 'request' | 'schedule'; type?: string } & Partial<Parameters<TestEngine['addJob']>[0]>,
  ): Promise<string> => {
    const jobId = await engine.addJob(
      {
        assetsResolutionInfo: assetIds.map((id) => ({ id, type: '' })),
        standards: [engine.standardIds.small],
        ...definition,
      },
      type,
    )
    const { database, queue } = engine.context
    const outcome = await database.kysely
      .transaction()
      .execute((tx) => queue.requestRun(tx, { id: jobId }, { trigger, requestedBy: trigger }))
    assert.ok('runId' in outcome)
    await startRun(engine.context, { runId: outcome.runId })
    return outcome.runId
  }
  const addAssets = (engine: TestEngine, count: number): Promise<string[]> =>
    Promise.all(Array.from({ length: count }, (_, index) => engine.addAsset(`web-${index}`)))

  it('lets runs of one rank take turns, and one that somebody asked for go first', () =>
    withEngine(
      async (engine, _, database) => {
        const assetIds = await addAssets(engine, 120)
        const first = await addRun(engine, assetIds, { trigger: 'schedule' })
        const second = await addRun(engine, assetIds.slice(0, 60), { trigger: 'schedule' })
        const asked = await addRun(engine, assetIds.slice(0, 70), { trigger: 'request' })
        assert.deepEqual(pieces((await waiting(database)).map(({ runId }) => runId)), [
          [asked, 70],
          [first, 50],
          [second, 50],
          [first, 50],
          [second, 10],
          [first, 20],
        ])
      },
      { idle: true },
    ))

  it('begins the turns of a run where those of its rank are that wait', () =>
    withEngine(
      async (engine, _, database) => {
        const assetIds = await addAssets(engine, 220)
        const some = assetIds.slice(0, 60)
        const first = await addRun(engine, assetIds, { trigger: 'schedule' })
        await take(database, 'collect-asset', 125)
        const second = await addRun(engine, some, { trigger: 'schedule' })
        const asked = await addRun(engine, assetIds.slice(0, 110), { trigger: 'request' })
        await take(database, 'collect-asset', 60)
        const askedLater = await addRun(engine, some, { trigger: 'request' })
        assert.deepEqual(pieces((await waiting(database)).map(({ runId }) => runId)), [
          [asked, 40],
          [askedLater, 50],
          [asked, 10],
          [askedLater, 10],
          [first, 25],
          [second, 50],
          [first, 50],
          [second, 10],
          [first, 20],
        ])
        await take(database, 'collect-asset', 1000)
        const last = await addRun(engine, some, { trigger: 'schedule' })
        const { rows } = await sql`
          select priority, count(*)::integer as tasks from pgboss.job
          where name = 'collect-asset' and data ->> 'runId' = ${last} group by 1 order by 1 desc`.execute(
          database.kysely,
        )
        assert.deepEqual(rows, [
          { priority: 0, tasks: 50 },
          { priority: -1, tasks: 10 },
        ])
      },
      { idle: true },
    ))

  it('lets what has been collected be evaluated before runs that only evaluate, whose turns it does not change', () =>
    withEngine(
      async (engine, _, database) => {
        const { kysely: db } = database
        const assetIds = await addAssets(engine, 120)
        const type = 'EvaluationJob'
        const first = await addRun(engine, assetIds, { trigger: 'schedule', type })
        await take(database, 'evaluate-asset', 60)
        const collecting = await addRun(engine, assetIds.slice(0, 1), { trigger: 'schedule' })
        const run = await findRunRow(db, collecting)
        const claim = await claimAsset(db, { runId: collecting, assetId: assetIds[0] ?? '' }, 'collecting')
        assert.ok(run !== undefined && claim !== undefined)
        await failCollection(engine.context, run, claim, { reason: 'unreachable', message: 'It does not answer.' })
        const second = await addRun(engine, assetIds.slice(0, 60), { trigger: 'schedule', type })
        assert.deepEqual(pieces((await waiting(database, 'evaluate-asset')).map(({ runId }) => runId)), [
          [collecting, 1],
          [first, 40],
          [second, 50],
          [first, 20],
          [second, 10],
        ])
      },
      { idle: true },
    ))

  it('puts the assets of a scheduled run off, each by its own seconds, and those of a run asked for not at all', () =>
    withEngine(
      async (engine, _, database) => {
        const assetIds = await addAssets(engine, 40)
        const scheduled = await addRun(engine, assetIds, { trigger: 'schedule' })
        const asked = await addRun(engine, assetIds, { trigger: 'request' })
        const tasks = await waiting(database)
        assert.deepEqual(
          tasks.map(({ runId, assetId, seconds }) => [runId, assetId, seconds]),
          tasks.map(({ runId, assetId }) => [runId, assetId, runId === asked ? 0 : jitterSeconds(runId, assetId, 20)]),
        )
        const different = new Set(tasks.filter(({ runId }) => runId === scheduled).map(({ seconds }) => seconds))
        assert.ok(different.size > 5, `${different.size} different seconds`)
      },
      { idle: true, settings: { jitterSeconds: 20 } },
    ))

  it('lets jitter take a quarter of the time that a job allows, at most', () =>
    withEngine(
      async (engine, _, database) => {
        const assetIds = await addAssets(engine, 40)
        const schedule = { ...emptySchedule(Temporal.Now.instant()), endJobRunConfigured: true }
        const collecting = await addRun(engine, assetIds, { trigger: 'schedule', collectionOnlyTimeOutMins: 2 })
        const running = await addRun(engine, assetIds, {
          trigger: 'schedule',
          schedule: { ...schedule, endJobRunTimeInterval: '00:00:40' },
        })
        const most = (run: string, tasks: readonly Waiting[]): number =>
          Math.max(...tasks.filter(({ runId }) => runId === run).map(({ seconds }) => seconds))
        const tasks = await waiting(database)
        assert.ok(most(collecting, tasks) <= 30 && most(collecting, tasks) > 10)
        assert.ok(most(running, tasks) <= 10 && most(running, tasks) > 0)
      },
      { idle: true, settings: { jitterSeconds: 3600 } },
    ))

  it('of several begins all that are small and that nobody holds, each once, in a transaction', () =>
    withEngine(
      async (engine, _, database) => {
        const { kysely: db } = database
        const { context, standardIds } = engine
        const [one = '', other = ''] = await addAssets(engine, 2)
        const start = async (definition: Parameters<TestEngine['addJob']>[0], type?: string): Promise<string> =>
          engine.start(await engine.addJob({ standards: [standardIds.small], ...definition }, type))
        const on = (...ids: readonly string[]) => ({ assetsResolutionInfo: ids.map((id) => ({ id, type: '' })) })
        const folder = await db.selectFrom('folders').select('id').executeTakeFirstOrThrow()
        const group = await db.transaction().execute((tx) =>
          addAssetGroup(tx, {
            displayName: 'All',
            description: '',
            folderId: folder.id,
            expression: 'displayName = *',
            predefined: false,
          }),
        )
        const limit = { ...emptySchedule(Temporal.Now.instant()), endJobRunConfigured: true }
        const runs = {
          both: await start(on(one, other, one)),
          limited: await start({ ...on(other), schedule: { ...limit, endJobRunTimeInterval: '01:00:00' } }),
          evaluation: await start(on(one), 'EvaluationJob'),
          none: await start(on(randomUUID())),
          dynamic: await start(on(group ?? '')),
          system: await start({}, 'ProductionDataPurgeJob'),
          aborted: await start(on(one)),
        }
        await engine.abort(runs.aborted)
        const tasks = Object.values(runs).map((runId) => ({ runId }))
        const started = async (): Promise<string[]> => {
          const done = await startRunsTogether(context, tasks)
          return Object.entries(runs).flatMap(([name, runId]) =>
            [...done].some((task) => task.runId === runId) ? [name] : [],
          )
        }
        // Two workers that both have them, as when the first was only slow.
        const both = await Promise.all([started(), started()])
        assert.deepEqual(both.flat().toSorted(), ['both', 'evaluation', 'limited', 'none'])
        assert.deepEqual(await started(), [])
        for (const task of tasks) await startRun(context, task)
        const collected = (await waiting(database)).map(({ runId }) => runId)
        const { rows } = await sql<{ name: string; run: string }>`
          select name, data ->> 'runId' as run from pgboss.job
          where name not in ('start-run', 'collect-asset', 'notify') and data ->> 'force' is null`.execute(db)
        const names = new Map(Object.entries(runs).map(([key, id]) => [id, key]))
        const nameOf = (id: string): string => names.get(id) ?? ''
        assert.deepEqual(collected.map(nameOf).toSorted(), ['both', 'both', 'dynamic', 'dynamic', 'limited'])
        assert.deepEqual([...new Set(rows.map(({ name: kind, run }) => `${kind} ${nameOf(run)}`))].toSorted(), [
          'end-run limited',
          'evaluate-asset evaluation',
          'finish-run aborted',
          'finish-run none',
          'system-job system',
        ])
        assert.deepEqual(
          (await runMessages(db, [runs.none])).map(({ text }) => text.replace(/[0-9a-f-]{36}/, 'ID')),
          [
            'The asset or asset group ID does not exist any more; update the job.',
            'No asset is left to work on. Check the assets and asset groups of the job.',
          ],
        )
      },
      { idle: true },
    ))

  it('of several leaves out a run that somebody is changing and one of many assets, and all beside one of very many', () =>
    withEngine(
      async (engine, _, database) => {
        const { kysely: db } = database
        const assetIds = await addAssets(engine, 2)
        const add = async (ids: readonly string[]): Promise<string> =>
          engine.start(
            await engine.addJob({
              assetsResolutionInfo: ids.map((id) => ({ id, type: '' })),
              standards: [engine.standardIds.small],
            }),
          )
        const runs = [await add(assetIds), await add(assetIds)]
        const tasks = runs.map((runId) => ({ runId }))
        if (database.kind === 'server') {
          await db.transaction().execute(async (tx) => {
            await lockRun(tx, runs[0] ?? '')
            assert.deepEqual([...(await startRunsTogether(engine.context, tasks))], [tasks[1]])
          })
          assert.equal((await findRun(db, runs[0] ?? ''))?.status, 'Queued')
        }
        const folder = await db.selectFrom('folders').select('id').executeTakeFirstOrThrow()
        const { rows } = await sql<{ id: string }>`
          insert into assets (id, type, display_name, folder_id, identity_key, attributes, address)
          select gen_random_uuid(), 'x', 'asset-' || place, ${folder.id}, place::text, '{}', '{"transport":"local"}'
          from generate_series(1, 10001) as place returning id`.execute(db)
        const ids = rows.map(({ id }) => id)
        const middling = { runId: await add(ids.slice(0, 501)) }
        const together = [{ runId: await add(ids.slice(0, 400)) }, { runId: await add(ids.slice(0, 450)) }]
        assert.deepEqual([...(await startRunsTogether(engine.context, [middling, ...together]))], together)
        assert.equal((await waiting(database)).length, 850 + (database.kind === 'server' ? 2 : 0))
        const large = { runId: await add(ids) }
        assert.deepEqual([...(await startRunsTogether(engine.context, [...tasks, large]))], [])
        assert.equal((await findRun(db, large.runId))?.status, 'Queued')
      },
      { idle: true },
    ))

  /** A run of many assets whose start is lost when it has made the first part of their tasks. */
  const lostStart = async (engine: TestEngine, { kysely: db }: Database, count: number): Promise<string> => {
    const folder = await db.selectFrom('folders').select('id').executeTakeFirstOrThrow()
    const { rows } = await sql<{ id: string }>`
      insert into assets (id, type, display_name, folder_id, identity_key, attributes, address)
      select gen_random_uuid(), 'symc-csm-AssetSystem-Asset-Unix-Machine', 'asset-' || place, ${folder.id}, place::text,
        '{}', '{"transport":"local"}'
      from generate_series(1, ${count}::integer) as place returning id`.execute(db)
    const jobId = await engine.addJob({
      assetsResolutionInfo: rows.map(({ id }) => ({ id, type: '' })),
      standards: [engine.standardIds.small],
    })
    const runId = await engine.start(jobId)
    const { context } = engine
    let parts = 0
    const queue: typeof context.queue = {
      ...context.queue,
      async enqueueMany(tx, kind, tasks) {
        if (kind === 'collect-asset') parts += 1
        await context.queue.enqueueMany(tx, kind, tasks)
        if (kind === 'collect-asset' && parts === 2) throw new Error('the worker is lost')
      },
    }
    await assert.rejects(startRun({ ...context, queue }, { runId }), /the worker is lost/)
    return runId
  }

  it('of many assets goes on where it stopped when it is tried again, and the run is open until then', () =>
    withEngine(
      async (engine, _, database) => {
        const runId = await lostStart(engine, database, 1100)
        const first = await waiting(database)
        assert.equal(first.length, 500)
        for (const { assetId } of first) {
          const claim = await claimAsset(database.kysely, { runId, assetId }, 'collecting')
          assert.ok(claim !== undefined && (await moveAsset(database.kysely, claim, 'completed')))
        }
        await finishRunIfDone(engine.context.queue, database.kysely, runId)
        await finishRun(engine.context, { runId })
        assert.equal((await findRun(database.kysely, runId))?.status, 'Executing')
        // Two tries at once, as when the first was only slow.
        await Promise.all([startRun(engine.context, { runId }), startRun(engine.context, { runId })])
        await startRun(engine.context, { runId })
        const all = await waiting(database)
        assert.equal(all.length, 1100)
        assert.equal(new Set(all.map(({ assetId }) => assetId)).size, 1100)
      },
      { idle: true },
    ))

  it('makes no more tasks of a run that was stopped in between', () =>
    withEngine(
      async (engine, _, database) => {
        const runId = await lostStart(engine, database, 1100)
        await engine.abort(runId)
        await startRun(engine.context, { runId })
        assert.equal((await waiting(database)).length, 500)
        assert.equal(await finishRun(engine.context, { runId }), true)
        assert.equal((await findRun(database.kysely, runId))?.status, 'Aborted')
        assert.deepEqual(await countRunAssets(database.kysely, runId), { aborted: 1100 })
      },
      { idle: true },
    ))
})
