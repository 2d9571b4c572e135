import assert from 'node:assert/strict'
import { it } from 'node:test'
import type { Database } from '../db/database.ts'
import { describeOnBothDatabases } from '../db/testing.ts'
import { latestResult } from '../store/results.ts'
import { runAssets, runMessages } from '../store/runs.ts'
import { makeTestStandard, startTestEngine } from './testing.ts'
import type { TestEngine, TestEngineOptions, TestStandard } from './testing.ts'

describeOnBothDatabases('a run', (withDatabase) => {
  const withEngine = (
    use: (engine: TestEngine, standard: TestStandard, database: Database) => Promise<void>,
    options: TestEngineOptions = {},
  ): Promise<void> =>
    withDatabase(async (database) => {
      const standard = makeTestStandard()
      const engine = await startTestEngine(database, standard, options)
      try {
        await use(engine, standard, database)
      } finally {
        await engine.stop()
        standard.remove()
      }
    })

  it('collects from this machine, evaluates and ends', () =>
    withEngine(async (engine, standard, { kysely: db }) => {
      standard.write('mode = loose\n')
      const assetId = await engine.addAsset('this machine')
      const jobId = await engine.addJob({
        assetsResolutionInfo: [{ id: assetId, type: '' }],
        standards: [engine.standardIds.small, engine.standardIds.full],
      })
      const run = await engine.run(jobId)
      assert.equal(run.status, 'Completed', JSON.stringify(await runMessages(db, [run.id])))
      const [asset] = await runAssets(db, run.id, { limit: 10 })
      assert.deepEqual({ state: asset?.state, attempt: asset?.attempt }, { state: 'completed', attempt: 2 })
      const small = await latestResult(db, assetId, engine.standardIds.small)
      const full = await latestResult(db, assetId, engine.standardIds.full)
      assert.deepEqual(small?.outcomes, ['pass', 'fail'])
      assert.deepEqual(full?.outcomes, ['pass', 'fail', 'fail'])
      assert.deepEqual(
        { score: small?.score, evidence: small?.evidenceId, scores: Object.keys(small?.detail.scores ?? {}) },
        { score: 50, evidence: asset?.evidenceId, scores: ['default', 'flat', 'flat-unweighted', 'absolute'] },
      )
      assert.equal(small?.collectedFrom, full?.collectedTo)
      const [, mode] = small?.detail.rules ?? []
      assert.match(JSON.stringify(mode?.explanation), /"expected":\["strict"\],"found":\["loose"\],"result":"false"/)
    }))
})
