import assert from 'node:assert/strict'
import { it } from 'node:test'
import { sql } from 'kysely'
import type { Database } from '../db/database.ts'
import { describeOnBothDatabases } from '../db/testing.ts'
import { claimAsset, finishRunIfDone, lockRun, moveAsset } from '../jobs/run-transitions.ts'
import type { AssetKey } from '../jobs/run-transitions.ts'
import { countRunAssets, findRun, runMessages } from '../store/runs.ts'
import { collectAsset } from './collect-asset.ts'
import { buryTask } from './dead-task.ts'
import { evaluateAsset } from './evaluate-asset.ts'
import { finishRun } from './finish-run.ts'
import { startRun } from './start-run.ts'
import { engines } from './testing.ts'
import type { TestEngine } from './testing.ts'

const attempt = { signal: new AbortController().signal, number: 1, isLast: true }

/** How often the end of a run was asked for. */
async function endsAskedFor({ kysely: db }: Database): Promise<number> {
  const { rows } = await sql<{ ends: number }>`
    select count(*)::integer as ends from pgboss.job where name = 'finish-run'`.execute(db)
  return rows[0]?.ends ?? 0
}

/** A run that has been started, and its assets. */
async function started(
  engine: TestEngine,
  count: number,
  type?: string,
): Promise<{ readonly runId: string; readonly keys: readonly AssetKey[] }> {
  const ids = await Promise.all(Array.from({ length: count }, (_, index) => engine.addAsset(`web-${index}`)))
  const jobId = await engine.addJob(
    {
      assetsResolutionInfo: ids.map((id) => ({ id, type: '' })),
      standards: [engine.standardIds.small],
      shouldSendSuccessNotification: true,
      successNotification: {
        toEmailAddress: 'ops@example.org',
        fromEmailAddress: 'a@example.org',
        subject: '',
        body: '',
      },
    },
    type,
  )
  const runId = await engine.start(jobId)
  await startRun(engine.context, { runId })
  return { runId, keys: ids.map((assetId) => ({ runId, assetId })) }
}

/** Ends an asset as a worker does that dies before it has looked whether it was the last. */
async function endAndDie({ kysely: db }: Database, key: AssetKey): Promise<void> {
  const claim = await claimAsset(db, key, 'collecting')
  assert.ok(claim !== undefined)
  assert.equal(await moveAsset(db, claim, 'completed'), true)
}

describeOnBothDatabases('the last asset of a run', (withDatabase) => {
  const withEngine = engines(withDatabase)

  it('is seen when many end at the same moment, and the run ends once', () =>
    withEngine(
      async (engine, _, database) => {
        const { kysely: db } = database
        const { queue } = engine.context
        const { runId, keys } = await started(engine, 30)
        const claims = await Promise.all(keys.map((key) => claimAsset(db, key, 'collecting')))
        await Promise.all(
          claims.map(async (claim) => {
            assert.ok(claim !== undefined)
            assert.equal(await db.transaction().execute((tx) => moveAsset(tx, claim, 'completed')), true)
            await finishRunIfDone(queue, db, runId)
          }),
        )
        const asked = await endsAskedFor(database)
        assert.ok(asked >= 1, 'nobody saw it')
        await Promise.all(Array.from({ length: Math.max(asked, 4) }, () => finishRun(engine.context, { runId })))
        assert.equal((await findRun(db, runId))?.status, 'Completed')
        // Each end would say that there is no mail server.
        assert.equal((await runMessages(db, [runId])).length, 1)
      },
      { idle: true },
    ))

  it('is not seen while another is open, whatever that one does', () =>
    withEngine(
      async (engine, _, database) => {
        const { kysely: db } = database
        const { runId, keys } = await started(engine, 2)
        const [first, second] = await Promise.all(keys.map((key) => claimAsset(db, key, 'collecting')))
        assert.ok(first !== undefined && second !== undefined)
        await moveAsset(db, first, 'completed')
        await finishRunIfDone(engine.context.queue, db, runId)
        for (const state of ['waiting', 'collected'] as const) {
          const again = await claimAsset(db, second, 'collecting')
          assert.ok(again !== undefined)
          assert.equal(await moveAsset(db, again, state), true)
          await finishRunIfDone(engine.context.queue, db, runId)
        }
        assert.equal(await endsAskedFor(database), 0)
      },
      { idle: true },
    ))

  it('is seen by the next try when the worker dies right after its end', () =>
    withEngine(
      async (engine, _, database) => {
        const evaluated = await started(engine, 1)
        const collected = await started(engine, 1, 'DataCollectionJob')
        for (const { keys } of [evaluated, collected]) for (const key of keys) await endAndDie(database, key)
        assert.equal(await endsAskedFor(database), 0)
        for (const key of evaluated.keys) await evaluateAsset(engine.context, key, attempt)
        for (const key of collected.keys) await collectAsset(engine.context, key, attempt)
        assert.equal(await endsAskedFor(database), 2)
      },
      { idle: true },
    ))

  it('is seen by whoever buries the task when that was the last try', () =>
    withEngine(
      async (engine, _, database) => {
        const evaluated = await started(engine, 1)
        const collected = await started(engine, 1, 'DataCollectionJob')
        for (const { keys } of [evaluated, collected]) for (const key of keys) await endAndDie(database, key)
        for (const data of evaluated.keys) await buryTask(engine.context, { kind: 'evaluate-asset', data, error: '' })
        for (const data of collected.keys) await buryTask(engine.context, { kind: 'collect-asset', data, error: '' })
        assert.equal(await endsAskedFor(database), 2)
      },
      { idle: true },
    ))

  it('ends, as every asset does, without waiting for somebody who has locked the run', () =>
    withEngine(
      async (engine, _, database) => {
        const { runId, keys } = await started(engine, 2)
        const endAll = async (): Promise<void> => {
          await Promise.all(keys.map((key) => collectAsset(engine.context, key, attempt)))
          await Promise.all(keys.map((key) => evaluateAsset(engine.context, key, attempt)))
        }
        // The embedded database has one transaction at a time: there nobody can have locked the run.
        if (database.kind === 'embedded') await endAll()
        else {
          await database.kysely.transaction().execute(async (tx) => {
            assert.ok((await lockRun(tx, runId)) !== undefined)
            await endAll()
          })
        }
        assert.equal((await countRunAssets(database.kysely, runId)).completed, 2)
        assert.ok((await endsAskedFor(database)) >= 1)
      },
      { idle: true },
    ))

  it('is the one that an empty run does not have', () =>
    withEngine(
      async (engine, _, database) => {
        const { runId } = await started(engine, 0)
        assert.equal(await endsAskedFor(database), 1)
        // Its start died before it had looked, and is tried again.
        await sql`delete from pgboss.job where name = 'finish-run'`.execute(database.kysely)
        await startRun(engine.context, { runId })
        assert.equal(await endsAskedFor(database), 1)
      },
      { idle: true },
    ))
})
