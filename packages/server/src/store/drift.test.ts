import assert from 'node:assert/strict'
import { it } from 'node:test'
import type { Kysely } from 'kysely'
import type { Tables } from '../db/schema.ts'
import { describeOnBothDatabases } from '../db/testing.ts'
import { findDrift } from './drift.ts'
import { addEvidence } from './evidence.ts'
import type { Outcome } from './outcomes.ts'
import { addResult } from './results.ts'
import type { NothingJudged } from './results.ts'
import { addAsset, addEndedRun, addFolder, addJob, addStandardRow } from './testing.ts'

interface Standard {
  readonly id: string
  readonly contentDigest: string
}

interface Found {
  readonly assetId: string
  readonly standard: Standard
  /** By rule. */
  readonly rules: Readonly<Record<string, Outcome>>
  readonly reason?: string
  readonly cause?: NothingJudged
  readonly host?: string
  readonly engine?: string
  readonly content?: string
  readonly waivers?: ReadonlyMap<string, string>
}

interface Run {
  readonly assets: readonly string[]
  readonly standards: readonly Standard[]
  readonly found: readonly Found[]
  readonly rerunOf?: string
}

async function addRun(db: Kysely<Tables>, jobId: string, { assets, standards, found, rerunOf }: Run): Promise<string> {
  const runId = await addEndedRun(db, jobId)
  const rerun = rerunOf === undefined ? null : { of: rerunOf, until: null }
  const snapshot = { name: 'Nightly', standards: standards.map(({ id }) => ({ id })), rerun }
  await db
    .updateTable('job_runs')
    .set({ snapshot: JSON.stringify(snapshot) })
    .where('id', '=', runId)
    .execute()
  for (const asset_id of assets) {
    await db.insertInto('run_assets').values({ run_id: runId, asset_id, state: 'completed' }).execute()
  }
  for (const { assetId, standard, rules, reason, cause, host = 'web', engine = '1', content, waivers } of found) {
    const systemInfo = { osName: '', osVersion: '', architecture: '', primaryHostName: host, interfaces: [] }
    const collected = { systemInfo, objects: {} }
    const { id: evidenceId } = await addEvidence(db, { assetId, runId, planDigest: 'p', collected })
    await addResult(db, {
      runId,
      assetId,
      standardId: standard.id,
      standardVersion: '1.0.0',
      contentDigest: content ?? standard.contentDigest,
      evidenceId: reason === undefined ? evidenceId : null,
      collectedFrom: null,
      collectedTo: null,
      outcomes: Object.values(rules),
      detail: {
        standardTitle: 'Baseline',
        benchmarkId: 'b',
        profileId: null,
        scores: {},
        ...(reason === undefined ? {} : { reason }),
        ...(cause === undefined ? {} : { cause }),
        rules: Object.keys(rules).map((id) => ({ id, checkId: id, title: id, severity: 'low', messages: [] })),
      },
      ...(reason === undefined ? { engine } : {}),
      ...(waivers === undefined ? {} : { waivers }),
    })
  }
  return runId
}

describeOnBothDatabases('drift between two runs', (withDatabase) => {
  const inWorld = (
    use: (world: {
      readonly one: string
      readonly two: string
      readonly standard: Standard
      readonly other: Standard
      readonly run: (run: Run) => Promise<string>
      /** Each asset, standard and cause, with its rules as `rule: from → to`. */
      readonly drift: (from: string, to: string, pageSize?: number) => Promise<readonly string[]>
    }) => Promise<void>,
  ): Promise<void> =>
    withDatabase(async ({ kysely: db }) => {
      const folder = await addFolder(db, 'asset system')
      const [one, two] = [await addAsset(db, folder, { name: 'one' }), await addAsset(db, folder, { name: 'two' })]
      const standard = await addStandardRow(db, folder, { title: 'Baseline', ruleCount: 2 })
      const other = await addStandardRow(db, folder, { title: 'Other', ruleCount: 2 })
      const jobId = await addJob(db, { name: 'Nightly' })
      await use({
        one,
        two,
        standard,
        other,
        run: (run) => addRun(db, jobId, run),
        async drift(from, to, limit = 10) {
          const lines: string[] = []
          for (let after: string | undefined = ''; after !== undefined;) {
            const page = await findDrift(db, { from, to }, { permitted: ['asset system'], after, limit })
            for (const { assetName, standardTitle, cause, rules } of page.drift) {
              const told = rules.map((rule) => `${rule.ruleId}: ${rule.from} → ${rule.to}`)
              lines.push(`${assetName}, ${standardTitle}, ${cause}: ${told.join(', ')}`)
            }
            after = page.nextAfter ?? undefined
          }
          return lines.toSorted()
        },
      })
    })

  it('neither lists nor counts assets that whoever asks may not see', () =>
    withDatabase(async ({ kysely: db }) => {
      const [web, secret] = [await addFolder(db, 'asset system\\web'), await addFolder(db, 'asset system\\secret')]
      const standard = await addStandardRow(db, web, { title: 'Baseline', ruleCount: 1 })
      const jobId = await addJob(db, { name: 'Nightly' })
      const assets = [await addAsset(db, web, { name: 'seen' })]
      for (let at = 0; at < 4; at += 1) assets.push(await addAsset(db, secret, { name: `hidden ${at}` }))
      const run = (outcome: Outcome): Promise<string> =>
        addRun(db, jobId, {
          assets,
          standards: [standard],
          found: assets.map((assetId) => ({ assetId, standard, rules: { a: outcome } })),
        })
      const runs = { from: await run('pass'), to: await run('fail') }
      const seen = async (permitted: readonly string[]): Promise<unknown> => {
        const { drift, nextAfter } = await findDrift(db, runs, { permitted, after: undefined, limit: 2 })
        return [drift.map(({ assetName }) => assetName), nextAfter]
      }
      assert.deepEqual(await seen(['asset system\\web']), [['seen'], null])
      assert.deepEqual(await seen([]), [[], null])
    }))

  it('shows assets and standards that only one of the runs has, and why', () =>
    inWorld(async ({ one, two, standard, other, run, drift }) => {
      const rules = { a: 'pass', b: 'fail' } as const
      const full = { assets: [one, two], standards: [standard, other] }
      const all = full.assets.flatMap((assetId) => full.standards.map((of) => ({ assetId, standard: of, rules })))
      const whole = await run({ ...full, found: all })
      const less = await run({ assets: [one], standards: [standard], found: [{ assetId: one, standard, rules }] })
      const were = 'a: pass → null, b: fail → null'
      assert.deepEqual(await drift(whole, less), [
        `one, Other, standard removed: ${were}`,
        `two, Baseline, asset removed: ${were}`,
        `two, Other, asset removed: ${were}`,
      ])
      const are = 'a: null → pass, b: null → fail'
      const added = [
        `one, Other, standard added: ${are}`,
        `two, Baseline, asset added: ${are}`,
        `two, Other, asset added: ${are}`,
      ]
      assert.deepEqual(await drift(less, whole), added)
      assert.deepEqual(await drift(less, whole, 1), added, 'page by page')
      const cut = await run({ ...full, found: all.slice(0, 3) })
      assert.deepEqual(await drift(whole, cut), [`two, Other, not finished: ${were}`])
      assert.deepEqual(await drift(cut, whole), [`two, Other, not finished: ${are}`])
    }))

  it('compares a rerun over the assets that it was to work on', () =>
    inWorld(async ({ one, two, standard, run, drift }) => {
      const found = (assetId: string, a: Outcome): Found => ({ assetId, standard, rules: { a } })
      const whole = await run({
        assets: [one, two],
        standards: [standard],
        found: [found(one, 'pass'), found(two, 'fail')],
      })
      const some = { assets: [two], standards: [standard], rerunOf: whole }
      const rerun = await run({ ...some, found: [{ ...found(two, 'pass'), host: 'other' }] })
      assert.deepEqual(await drift(whole, rerun), ['two, Baseline, evidence changed: a: fail → pass'])
      const aborted = await run({ ...some, found: [] })
      assert.deepEqual(await drift(whole, aborted), ['two, Baseline, not finished: a: fail → null'])
    }))

  it('names each cause', () =>
    inWorld(async ({ one, standard, other, run, drift }) => {
      const first = { assetId: one, standard, rules: { a: 'pass', b: 'pass' } } as const
      const one_ = { assets: [one], standards: [standard] }
      const before = await run({ ...one_, found: [first] })
      const since = async (now: Partial<Found>): Promise<readonly string[]> =>
        drift(before, await run({ ...one_, found: [{ ...first, ...now }] }))
      const failed = { rules: { a: 'pass', b: 'fail' } } as const
      assert.deepEqual(await since({}), [])
      assert.deepEqual(await since({ ...failed, host: 'other' }), ['one, Baseline, evidence changed: b: pass → fail'])
      assert.deepEqual(await since({ ...failed, engine: '2' }), ['one, Baseline, engine changed: b: pass → fail'])
      assert.deepEqual(await since({ rules: { b: 'pass', c: 'fail' }, content: other.contentDigest }), [
        'one, Baseline, content changed: c: null → fail, a: pass → null',
      ])
      assert.deepEqual(await since({ waivers: new Map([['b', 'w']]), ...failed, host: 'other' }), [
        'one, Baseline, evidence changed: b: pass → fail',
      ])
      const unreachable = { rules: { a: 'unknown', b: 'unknown' }, reason: 'one cannot be reached' } as const
      const unknown = 'one, Baseline, collection failed: a: pass → unknown, b: pass → unknown'
      assert.deepEqual(await since(unreachable), [unknown])
      assert.deepEqual(await since({ ...unreachable, content: other.contentDigest }), [unknown], 'before other causes')
      for (const cause of ['evaluation failed', 'no evidence'] as const) {
        assert.deepEqual(await since({ ...unreachable, cause }), [unknown.replace('collection failed', cause)])
      }
      const [lost, back] = [
        await run({ ...one_, found: [{ ...first, ...unreachable }] }),
        await run({ ...one_, found: [{ ...first, ...failed }] }),
      ]
      assert.deepEqual(await drift(lost, back), [
        'one, Baseline, collection failed: a: unknown → pass, b: unknown → fail',
      ])
      const waived = await run({ ...one_, found: [{ ...first, ...failed, waivers: new Map([['b', 'w']]) }] })
      assert.deepEqual(await drift(back, waived), ['one, Baseline, waiver changed: b: fail → fail'])
    }))
})
