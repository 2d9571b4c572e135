import assert from 'node:assert/strict'
import { it } from 'node:test'
import { sql } from 'kysely'
import { describeOnBothDatabases } from '../db/testing.ts'
import { addEvidence, findNewestEvidence } from './evidence.ts'
import { addToOutbox } from './outbox.ts'
import { addResult } from './results.ts'
import { purge } from './retention.ts'
import { addAsset, addEndedRun, addFolder, addJob, addStandardRow } from './testing.ts'

const never = new AbortController().signal
const day = 24 * 3600 * 1000
const daysAgo = (days: number): string => new Date(Date.now() - days * day).toISOString()

describeOnBothDatabases('the purge', (withDatabase) => {
  it('drops old runs with their results, and never the last run of a job', () =>
    withDatabase(async ({ kysely: db }) => {
      const folder = await addFolder(db, 'asset system')
      const assetId = await addAsset(db, folder, { name: 'web-1' })
      const standard = await addStandardRow(db, folder, { title: 'Baseline', ruleCount: 1 })
      const weekly = await addJob(db, { name: 'Weekly' })
      const kept = [
        await addEndedRun(db, await addJob(db, { name: 'Long ago' }), { endedAt: daysAgo(400) }),
        await addEndedRun(db, weekly, { endedAt: daysAgo(1) }),
      ]
      for (const days of [300, 200, 8]) {
        const runId = await addEndedRun(db, weekly, { endedAt: daysAgo(days) })
        await addResult(db, {
          runId,
          assetId,
          standardId: standard.id,
          standardVersion: '1.0.0',
          contentDigest: standard.contentDigest,
          evidenceId: null,
          collectedFrom: null,
          collectedTo: null,
          outcomes: ['pass'],
          detail: {
            standardTitle: 'Baseline',
            benchmarkId: 'b',
            profileId: null,
            scores: {},
            reason: `${days}`,
            rules: [],
          },
        })
        if (days === 8) kept.push(runId)
      }
      await sql`update result_details set created_at = now() - interval '300 days'`.execute(db)
      assert.deepEqual(await purge(db, { days: 100, runsPerJob: 1000 }, never), { runs: 2, results: 2, evidence: 0 })
      const runs = await db.selectFrom('job_runs').select('id').execute()
      assert.deepEqual(new Set(runs.map(({ id }) => id)), new Set(kept))
      assert.equal((await db.selectFrom('result_details').select('seq').execute()).length, 1)
      assert.deepEqual(await purge(db, { days: 100, runsPerJob: 1 }, never), { runs: 1, results: 1, evidence: 0 })
    }))

  it('keeps beyond their number the runs whose results or mail are still to go out, as long as they are not old', () =>
    withDatabase(async ({ kysely: db }) => {
      const jobId = await addJob(db, { name: 'Each minute' })
      const [old, unreported, untold, told, last] = await Promise.all(
        [200, 5, 4, 3, 1].map((days) => addEndedRun(db, jobId, { endedAt: daysAgo(days) })),
      )
      await sql`update job_runs set synchronise = true where id = any(${sql.val([old, unreported])}::uuid[])`.execute(
        db,
      )
      for (const runId of [untold, told]) {
        await addToOutbox(db, { runId: runId ?? '', kind: 'success', messageId: `<${runId}>`, message: {} })
      }
      await sql`update outbox set sent_at = now() where run_id = ${told}::uuid`.execute(db)
      await purge(db, { days: 100, runsPerJob: 1 }, never)
      const runs = await db.selectFrom('job_runs').select('id').execute()
      assert.deepEqual(new Set(runs.map(({ id }) => id)), new Set([unreported, untold, last]))
    }))

  it('drops old evidence and the packs that nothing else refers to, and never the newest of an asset', () =>
    withDatabase(async ({ kysely: db }) => {
      const assetId = await addAsset(db, await addFolder(db, 'asset system'), { name: 'web-1' })
      for (const [days, value] of [
        [300, 'a'],
        [250, 'b'],
        [200, 'b'],
      ] as const) {
        await addEvidence(db, {
          assetId,
          runId: '00000000-0000-4000-8000-000000000000',
          planDigest: 'p',
          collected: {
            systemInfo: { osName: '', osVersion: '', architecture: '', primaryHostName: '', interfaces: [] },
            objects: { o: { flag: 'complete', messages: [value], items: [], collectedAt: daysAgo(days) } },
          },
        })
      }
      assert.deepEqual(await purge(db, { days: 100, runsPerJob: 1000 }, never), { runs: 0, results: 0, evidence: 2 })
      assert.deepEqual((await findNewestEvidence(db, assetId))?.objects['o']?.messages, ['b'])
      assert.equal((await db.selectFrom('evidence_packs').select('id').execute()).length, 1)
    }))

  it('drops at most a batch a statement of whatever a run has many of', () =>
    withDatabase(async ({ kysely: db }) => {
      const jobId = await addJob(db, { name: 'Nightly' })
      const old = await addEndedRun(db, jobId, { endedAt: daysAgo(200) })
      await addEndedRun(db, jobId, { endedAt: daysAgo(1) })
      const folder = await addFolder(db, 'asset system')
      for (let index = 0; index < 25; index += 1) {
        const assetId = await addAsset(db, folder, { name: `web-${index}` })
        await db
          .insertInto('run_assets')
          .values({ run_id: old, asset_id: assetId, state: 'failed' } as never)
          .execute()
        await db
          .insertInto('job_run_messages')
          .values({ run_id: old, asset_id: assetId, phase: 'collection', text: 'unreachable' })
          .execute()
        await addToOutbox(db, { runId: old, kind: `kind ${index}`, messageId: '', message: {} })
      }
      const tables = ['run_assets', 'job_run_messages', 'outbox']
      await sql`create table dropped (name text, count bigint)`.execute(db)
      await sql`
        create function note_dropped() returns trigger language plpgsql as
        $$begin insert into dropped select tg_table_name, count(*) from old_rows; return null; end$$`.execute(db)
      for (const table of tables) {
        await sql`
          create trigger note after delete on ${sql.table(table)} referencing old table as old_rows
          for each statement execute function note_dropped()`.execute(db)
      }
      let maintained = 0
      const maintain = async (): Promise<void> => void (maintained += 1)
      await purge(db, { days: 100, runsPerJob: 1000 }, never, { batch: 4, maintain })
      // After twenty batches, and at last.
      assert.equal(maintained, 2)
      const { rows } = await sql`
        select name, max(count)::integer as most, sum(count)::integer as all from dropped group by name order by name`.execute(
        db,
      )
      assert.deepEqual(
        rows,
        tables.toSorted().map((name) => ({ name, most: 4, all: 25 })),
      )
    }))

  it('leaves the newest of each object of an asset, also of those that were not asked for in years', () =>
    withDatabase(async ({ kysely: db }) => {
      const assetId = await addAsset(db, await addFolder(db, 'asset system'), { name: 'web-1' })
      for (const [days, object] of [
        [900, 'of one standard'],
        [1, 'of another'],
      ] as const) {
        await addEvidence(db, {
          assetId,
          runId: '00000000-0000-4000-8000-000000000000',
          planDigest: 'p',
          collected: {
            systemInfo: { osName: '', osVersion: '', architecture: '', primaryHostName: '', interfaces: [] },
            objects: { [object]: { flag: 'complete', messages: [], items: [], collectedAt: daysAgo(days) } },
          },
        })
      }
      await purge(db, { days: 100, runsPerJob: 1000 }, never)
      const { objects = {} } = (await findNewestEvidence(db, assetId)) ?? {}
      assert.deepEqual(
        Object.entries(objects).map(([digest, { collectedAt }]) => [digest, collectedAt.slice(0, 10)]),
        [
          ['of another', daysAgo(1).slice(0, 10)],
          ['of one standard', daysAgo(900).slice(0, 10)],
        ],
      )
    }))
})
