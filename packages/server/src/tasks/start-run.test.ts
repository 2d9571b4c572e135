import assert from 'node:assert/strict'
import { it } from 'node:test'
import { sql } from 'kysely'
import { Temporal } from 'temporal-polyfill'
import type { Database } from '../db/database.ts'
import { describeOnBothDatabases } from '../db/testing.ts'
import { emptySchedule } from '../jobs/job-definition.ts'
import { jitterSeconds } from '../jobs/jitter.ts'
import { startRun } from './start-run.ts'
import { engines } from './testing.ts'
import type { TestEngine } from './testing.ts'

interface Waiting {
  readonly runId: string
  readonly assetId: string
  readonly seconds: number
}

/** The tasks of assets in the order in which workers take them, and how long each is put off. */
async function waiting({ kysely: db }: Database): Promise<readonly Waiting[]> {
  const { rows } = await sql<Waiting>`
    select data ->> 'runId' as "runId", data ->> 'assetId' as "assetId",
      round(extract(epoch from start_after - created_on))::integer as seconds
    from pgboss.job where name = 'collect-asset' order by priority desc, created_on, id`.execute(db)
  return rows
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
    { trigger, ...definition }: { trigger: 'request' | 'schedule' } & Partial<Parameters<TestEngine['addJob']>[0]>,
  ): Promise<string> => {
    const jobId = await engine.addJob({
      assetsResolutionInfo: assetIds.map((id) => ({ id, type: '' })),
      standards: [engine.standardIds.small],
      ...definition,
    })
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
})
