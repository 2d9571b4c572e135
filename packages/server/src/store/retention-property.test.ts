import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { it } from 'node:test'
import fc from 'fast-check'
import type { Kysely } from 'kysely'
import type { Tables } from '../db/schema.ts'
import { describeOnBothDatabases } from '../db/testing.ts'
import { atStatement } from '../reporting/testing.ts'
import { addEvidence, findEvidence, findNewestEvidence } from './evidence.ts'
import { addResult } from './results.ts'
import { purge } from './retention.ts'
import { addAsset, addEndedRun, addFolder, addJob, addStandardRow } from './testing.ts'

const ago = (days: number): string => new Date(Date.now() - days * 86_400_000).toISOString()

/** One asset's collections, and for each whether a result that is kept rests on it. */
const collections = fc.uniqueArray(
  fc.record({ age: fc.integer({ min: 1, max: 20 }), value: fc.constantFrom('a', 'b'), used: fc.boolean() }),
  { minLength: 1, maxLength: 6, selector: ({ age }) => age },
)

const history = fc.record({
  assets: fc.array(collections, { minLength: 1, maxLength: 3 }),
  days: fc.integer({ min: 2, max: 18 }),
  batch: fc.integer({ min: 1, max: 3 }),
  /** After so many statements the purge is interrupted, and made anew. */
  interruptedAt: fc.integer({ min: 1, max: 8 }),
})

interface Kept {
  readonly id: string
  readonly assetId: string
  readonly age: number
  readonly value: string
  readonly used: boolean
}

describeOnBothDatabases('the purge of evidence', (withDatabase) => {
  it('drops what is old and unused, and never the newest of an asset, wherever it is interrupted', () =>
    withDatabase(async ({ kysely: db }) => {
      const folder = await addFolder(db, 'asset system')
      const standard = await addStandardRow(db, folder, { title: 'Baseline', ruleCount: 1 })
      const runId = await addEndedRun(db, await addJob(db, { name: 'Nightly' }))
      let dropped = 0
      await fc.assert(
        fc.asyncProperty(history, async ({ assets, days, batch, interruptedAt }) => {
          for (const table of ['results', 'evidence', 'evidence_packs'] as const) await db.deleteFrom(table).execute()
          const all: Kept[] = []
          for (const ofAsset of assets) all.push(...(await addCollections(db, folder, runId, standard, ofAsset)))
          await interrupt(db, { days, runsPerJob: 1000 }, batch, interruptedAt)
          await purge(db, { days, runsPerJob: 1000 }, new AbortController().signal, { batch })

          const newest = new Set(
            Map.groupBy(all, ({ assetId }) => assetId)
              .values()
              .map((those) => those.at(-1)?.id),
          )
          const expected = all.filter(({ id, age, used }) => age < days || used || newest.has(id))
          const left = await db.selectFrom('evidence').select('id').execute()
          assert.deepEqual(new Set(left.map(({ id }) => id)), new Set(expected.map(({ id }) => id)))
          for (const { id, value } of expected) {
            assert.deepEqual((await findEvidence(db, id))?.objects['o']?.messages, [value], 'it can still be read')
          }
          for (const { assetId, id } of all) {
            if (newest.has(id)) assert.equal((await findNewestEvidence(db, assetId))?.id, id)
          }
          const packs = await db.selectFrom('evidence_packs').select('id').distinct().execute()
          assert.ok(packs.length <= expected.length, 'no pack stays that nothing refers to')
          dropped += all.length - left.length
        }),
        { numRuns: 25 },
      )
      assert.ok(dropped > 0, 'something was old')
    }))
})

/** From the oldest to the newest, as they were collected. */
async function addCollections(
  db: Kysely<Tables>,
  folder: string,
  runId: string,
  standard: { readonly id: string; readonly contentDigest: string },
  ofAsset: readonly { readonly age: number; readonly value: string; readonly used: boolean }[],
): Promise<Kept[]> {
  const assetId = await addAsset(db, folder, { name: randomUUID() })
  const kept: Kept[] = []
  let isUsed = false
  for (const { age, value, used } of ofAsset.toSorted((a, b) => b.age - a.age)) {
    const objects = { o: { flag: 'complete', messages: [value], items: [], collectedAt: ago(age) } } as const
    const systemInfo = { osName: '', osVersion: '', architecture: '', primaryHostName: '', interfaces: [] }
    const { id } = await addEvidence(db, {
      assetId,
      runId,
      planDigest: 'p',
      collected: { systemInfo, objects },
    })
    // A run has one result of an asset and a standard.
    const rests = used && !isUsed
    isUsed ||= used
    if (rests) await addResultOn(db, { runId, assetId, standard, evidenceId: id })
    kept.push({ id, assetId, age, value, used: rests })
  }
  return kept
}

async function addResultOn(
  db: Kysely<Tables>,
  of: {
    readonly runId: string
    readonly assetId: string
    readonly standard: { readonly id: string; readonly contentDigest: string }
    readonly evidenceId: string
  },
): Promise<void> {
  await addResult(db, {
    runId: of.runId,
    assetId: of.assetId,
    standardId: of.standard.id,
    standardVersion: '1.0.0',
    contentDigest: of.standard.contentDigest,
    evidenceId: of.evidenceId,
    collectedFrom: null,
    collectedTo: null,
    outcomes: [],
    detail: { standardTitle: '', benchmarkId: 'b', profileId: null, scores: {}, rules: [] },
  })
}

async function interrupt(
  db: Kysely<Tables>,
  retention: Parameters<typeof purge>[1],
  batch: number,
  times: number,
): Promise<void> {
  const controller = new AbortController()
  const plugin = atStatement('delete from', times, () => controller.abort())
  await purge(db.withPlugin(plugin), retention, controller.signal, { batch }).catch((error: unknown) => {
    if (!controller.signal.aborted) throw error
  })
}
