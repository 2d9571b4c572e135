import assert from 'node:assert/strict'
import { it } from 'node:test'
import { sql } from 'kysely'
import { describeOnBothDatabases } from '../db/testing.ts'
import { latestResult } from '../store/results.ts'
import { engines, slowSession } from './testing.ts'
import type { TestEngine } from './testing.ts'

describeOnBothDatabases('incremental collection', (withDatabase) => {
  const withEngine = engines(withDatabase)
  /** What the sessions of a test have read, emptied by each look. */
  const counting = () => {
    let reads = 0
    const openSession = slowSession(async () => {
      reads += 1
    })
    return {
      openSession,
      reads: () => {
        const before = reads
        reads = 0
        return before
      },
    }
  }
  const outcomes = async (engine: TestEngine, assetId: string, standardId: string): Promise<unknown> =>
    (await latestResult(engine.context.database.kysely, assetId, standardId))?.outcomes

  it('leaves an asset alone while its evidence is fresh, evaluates that, and prints its age', async () => {
    const { openSession, reads } = counting()
    await withEngine(
      async (engine, standard, { kysely: db }) => {
        standard.write('mode = strict\n')
        const assetId = await engine.addAsset('this machine')
        const { small } = engine.standardIds
        const jobId = await engine.addJob({
          assetsResolutionInfo: [{ id: assetId, type: '' }],
          standards: [small],
          isIncremental: true,
          incrementalPeriod: 2,
        })
        await engine.run(jobId)
        assert.ok(reads() > 0)
        standard.write('mode = loose\n')
        const second = await engine.run(jobId)
        assert.equal(second.status, 'Completed')
        assert.equal(reads(), 0)
        const result = await latestResult(db, assetId, small)
        const [evidence] = await db.selectFrom('evidence').select(['id', 'collected_at']).execute()
        assert.deepEqual(
          { outcomes: result?.outcomes, evidence: result?.evidenceId, from: Date.parse(result?.collectedFrom ?? '') },
          { outcomes: ['pass', 'pass'], evidence: evidence?.id, from: Date.parse(evidence?.collected_at ?? '') },
        )
        await age(engine, '3 days')
        await engine.run(jobId)
        assert.ok(reads() > 0)
        assert.deepEqual(await outcomes(engine, assetId, small), ['pass', 'fail'])
      },
      { openSession },
    )
  })

  it('collects what a new standard asks for even while the rest is fresh', async () => {
    const { openSession, reads } = counting()
    await withEngine(
      async (engine, standard) => {
        standard.write('mode = strict\nsize = large\n')
        const assetId = await engine.addAsset('this machine')
        const { small, full } = engine.standardIds
        const definition = {
          assetsResolutionInfo: [{ id: assetId, type: '' }],
          standards: [small],
          isIncremental: true,
          incrementalPeriod: 2,
        }
        const jobId = await engine.addJob(definition)
        await engine.run(jobId)
        reads()
        await engine.changeJob(jobId, { ...definition, standards: [small, full] })
        assert.equal((await engine.run(jobId)).status, 'Completed')
        assert.ok(reads() > 0)
        assert.deepEqual(await outcomes(engine, assetId, full), ['pass', 'pass', 'pass'])
        assert.deepEqual(await outcomes(engine, assetId, small), ['pass', 'pass'])
      },
      { openSession },
    )
  })

  it('asks again what could not be read', async () => {
    let failing = true
    const openSession = slowSession(async () => {
      if (failing) throw new Error('the disk is on fire')
    })
    await withEngine(
      async (engine, standard) => {
        standard.write('mode = strict\n')
        const assetId = await engine.addAsset('this machine')
        const { small } = engine.standardIds
        const jobId = await engine.addJob({
          assetsResolutionInfo: [{ id: assetId, type: '' }],
          standards: [small],
          isIncremental: true,
          incrementalPeriod: 2,
        })
        await engine.run(jobId)
        assert.deepEqual(await outcomes(engine, assetId, small), ['pass', 'error'])
        failing = false
        await engine.run(jobId)
        assert.deepEqual(await outcomes(engine, assetId, small), ['pass', 'pass'])
      },
      { openSession },
    )
  })

  it('does not let an older reading stand in where the job wants its own', async () => {
    let failing = false
    const openSession = slowSession(async () => {
      if (failing) throw new Error('the disk is on fire')
    })
    await withEngine(
      async (engine, standard) => {
        standard.write('mode = strict\n')
        const assetId = await engine.addAsset('this machine')
        const { small } = engine.standardIds
        const jobId = await engine.addJob({
          assetsResolutionInfo: [{ id: assetId, type: '' }],
          standards: [small],
        })
        await engine.run(jobId)
        failing = true
        await engine.run(jobId)
        assert.deepEqual(await outcomes(engine, assetId, small), ['pass', 'error'])
      },
      { openSession },
    )
  })
})

/** Makes all evidence so much older. */
async function age({ context }: TestEngine, by: string): Promise<void> {
  await sql`
    update evidence set collected_at = collected_at - ${by}::interval, parts = (
      select jsonb_agg(jsonb_set(part, '{at}', to_jsonb(
        to_char((part ->> 'at')::timestamptz at time zone 'UTC' - ${by}::interval, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))))
      from jsonb_array_elements(parts) as part)`.execute(context.database.kysely)
}
