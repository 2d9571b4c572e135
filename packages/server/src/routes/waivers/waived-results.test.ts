import assert from 'node:assert/strict'
import { it } from 'node:test'
import { sql } from 'kysely'
import type { Database } from '../../db/database.ts'
import { describeOnBothDatabases } from '../../db/testing.ts'
import { synchronise } from '../../reporting/synchronise.ts'
import { withReporting } from '../../reporting/testing.ts'
import { setMembers } from '../../store/asset-groups.ts'
import { summariseStandards } from '../../store/run-summary.ts'
import { runMessages } from '../../store/runs.ts'
import { addAsset, addFolder } from '../../store/testing.ts'
import { addWaiver, decideWaiver, endWaiver } from '../../store/waivers.ts'
import type { NewWaiver } from '../../store/waivers.ts'
import { engines } from '../../tasks/testing.ts'
import type { TestEngine } from '../../tasks/testing.ts'
import { startTestApi } from '../jobs/testing.ts'
import type { TestApi } from '../jobs/testing.ts'
import { getRawResults } from '../results/get-raw-results.ts'
import { getResult } from '../results/get-result.ts'
import { getDrift } from '../runs/get-drift.ts'

const ruleId = 'xccdf_org.example_rule_mode'
const inDays = (days: number): string => new Date(Date.now() + days * 86_400_000).toISOString()

interface World {
  readonly engine: TestEngine
  readonly api: TestApi
  readonly token: string
  readonly standard: string
  readonly assets: { readonly web: string; readonly data: string }
  /** Runs the job on both assets, on which the rule `mode` fails. */
  run(): Promise<string>
}

describeOnBothDatabases('a waiver', (withDatabase) => {
  const withEngine = engines(withDatabase)
  const withWorld = (use: (world: World, database: Database) => Promise<void>): Promise<void> =>
    withEngine(async (engine, standard, database) => {
      standard.write('mode = loose\n')
      const { kysely: db } = database
      const [machines, others] = [
        await addFolder(db, 'asset system\\machines'),
        await addFolder(db, 'asset system\\data'),
      ]
      const assets = {
        web: await addAsset(db, machines, { name: 'web' }),
        data: await addAsset(db, others, { name: 'data' }),
      }
      const jobId = await engine.addJob({
        assetsResolutionInfo: Object.values(assets).map((id) => ({ id, type: '' })),
        standards: [engine.standardIds.small],
      })
      const api = await startTestApi(database, [getRawResults, getResult, getDrift])
      try {
        const token = await api.addCaller('reader', ['View evaluation results', 'View all jobs'], ['asset system'])
        const run = async (): Promise<string> => (await engine.run(jobId)).id
        await use({ engine, api, token, assets, run, standard: engine.standardIds.small }, database)
      } finally {
        await api.close()
      }
    })

  /** Approved by somebody who may use these folders. */
  const waive = (
    { standard, assets }: World,
    { kysely: db }: Database,
    more: Partial<NewWaiver> = {},
    reach: readonly string[] = ['asset system'],
  ): Promise<string> =>
    db.transaction().execute(async (tx) => {
      const about = {
        standardId: standard,
        ruleId,
        ruleTitle: 'mode',
        scope: 'asset',
        assetId: assets.web,
        groupId: null,
      } as const
      const period = { startsAt: null, endsAt: inDays(60) }
      const id = await addWaiver(tx, { ...about, ...period, reason: 'accepted', requestedBy: 'anna', ...more })
      assert.ok(id !== undefined)
      assert.ok(await decideWaiver(tx, id, { state: 'Approved', by: 'boss', comment: '', reach }))
      return id
    })

  const rawOf = async ({ api, token, standard, assets }: World, asset: keyof World['assets'], JobRunID?: string) => {
    const body = { AssetID: assets[asset], StandardID: standard, JobRunID }
    const reply = await api.send('POST', '/ccs/api/v1/results', { token, body })
    assert.equal(reply.status, 200, reply.text)
    const { RawEvaluationResult: result } = reply.body as { RawEvaluationResult: Record<string, unknown> }
    const statistics = result['Compliance Statistics'] as Record<string, unknown>
    const names = (list: string) => (result[list] as Record<string, string>[]).map((check) => check['Check name'])
    return {
      passed: names('Passed Checks'),
      failed: names('Failed Checks'),
      exempted: (result['Exempted Checks'] as Record<string, string>[]).map((check) => [
        check['Check name'],
        check['Check status'],
        check['Rule result'],
      ]),
      score: statistics['Compliance score'],
      found: statistics['Compliance score without exemptions'],
      risk: statistics['Risk score'],
    }
  }
  const asFound = { passed: ['family'], failed: ['mode'], exempted: [], score: 50, found: 50, risk: 6.8 }
  const asWaived = {
    passed: ['family'],
    failed: [],
    exempted: [['mode', 'Exempted', 'fail']],
    score: 100,
    found: 50,
    risk: 0,
  }
  const driftOf = async ({ api, token }: World, from: string, to: string) => {
    const { body } = await api.send('GET', `/api/v1/runs/${from}/drift/${to}`, { token })
    return (body as { drift: { assetName: string; cause: string; rules: Record<string, unknown>[] }[] }).drift.map(
      (one) => [
        one.assetName,
        one.cause,
        ...one.rules.map(({ ruleId: id, from: was, to: is, waivedFrom, waivedTo }) => [
          id,
          was,
          is,
          waivedFrom,
          waivedTo,
        ]),
      ],
    )
  }
  const everyResult = async ({ kysely: db }: Database): Promise<unknown> =>
    (await sql`select * from results order by run_id, asset_id`.execute(db)).rows

  it('exempts on the way out what was found and stays as it was found, and drift names the waiver', () =>
    withWorld(async (world, database) => {
      const first = await world.run()
      const before = await everyResult(database)
      const id = await waive(world, database)
      assert.deepEqual(await rawOf(world, 'web'), asWaived, 'at once, of the latest result')
      assert.deepEqual(await rawOf(world, 'data'), asFound)
      assert.deepEqual(await everyResult(database), before)

      const second = await world.run()
      assert.deepEqual(await driftOf(world, first, second), [
        ['web', 'waiver changed', [ruleId, 'fail', 'fail', null, id]],
      ])
      assert.deepEqual(await rawOf(world, 'web', first), asFound, 'an older result has what was exempted then')
      const path = `/api/v1/results/latest/${world.assets.web}/${world.standard}`
      const { body } = await world.api.send('GET', path, { token: world.token })
      const { score, adjustedScore, rules } = body as {
        score: number
        adjustedScore: number
        rules: { id: string; result: string; waiver: Record<string, unknown> | null }[]
      }
      assert.deepEqual([score, adjustedScore], [50, 100])
      assert.deepEqual(
        rules.map(({ id: one, result, waiver }) => [
          one,
          result,
          waiver?.['id'],
          waiver?.['reason'],
          waiver?.['decidedBy'],
        ]),
        [
          ['xccdf_org.example_rule_family', 'pass', undefined, undefined, undefined],
          [ruleId, 'fail', id, 'accepted', 'boss'],
        ],
      )
      const [summary] = await summariseStandards(database.kysely, second)
      assert.deepEqual([summary?.counts, summary?.exempted], [{ pass: 2, fail: 2 }, 1])

      await database.kysely.transaction().execute((tx) => endWaiver(tx, id, 'boss'))
      assert.deepEqual(await rawOf(world, 'web'), asFound)
      const third = await world.run()
      assert.deepEqual(await driftOf(world, second, third), [
        ['web', 'waiver changed', [ruleId, 'fail', 'fail', id, null]],
      ])
      assert.deepEqual(await rawOf(world, 'web', second), asWaived)
    }))

  it('exempts in its period only, and nothing that passes', () =>
    withWorld(async (world, database) => {
      await world.run()
      await waive(world, database, { startsAt: inDays(1) })
      await waive(world, database, { ruleId: 'xccdf_org.example_rule_family' })
      assert.deepEqual(await rawOf(world, 'web'), asFound)
      const id = await waive(world, database)
      assert.deepEqual(await rawOf(world, 'web'), asWaived)
      await sql`update waivers set starts_at = now() - interval '2 days', ends_at = now() - interval '1 second'
        where id = ${id}`.execute(database.kysely)
      assert.deepEqual(await rawOf(world, 'web'), asFound)
      await database.kysely.transaction().execute(async (tx) => {
        const about = {
          standardId: world.standard,
          ruleId,
          ruleTitle: 'mode',
          scope: 'all',
          assetId: null,
          groupId: null,
        } as const
        await addWaiver(tx, { ...about, startsAt: null, endsAt: inDays(1), reason: 'asked', requestedBy: 'anna' })
      })
      assert.deepEqual(await rawOf(world, 'web'), asFound, 'a request exempts nothing')
    }))

  it('reaches the members of its group or all assets, but none on which its approver had no permission', () =>
    withWorld(async (world, database) => {
      await world.run()
      const { kysely: db } = database
      const everyone = ['web', 'data'] as const
      const reached = async (more: Partial<NewWaiver>, reach?: readonly string[]): Promise<string[]> => {
        const id = await waive(world, database, { assetId: null, ...more }, reach)
        const found: string[] = []
        for (const asset of everyone) if ((await rawOf(world, asset)).exempted.length > 0) found.push(asset)
        await db.transaction().execute((tx) => endWaiver(tx, id, 'boss'))
        return found
      }
      const group = async (expression: string | null): Promise<string> => {
        const folder = await db.selectFrom('folders').select('id').executeTakeFirstOrThrow()
        const id = crypto.randomUUID()
        await db
          .insertInto('asset_groups')
          .values({ id, display_name: `Group ${id}`, folder_id: folder.id, expression })
          .execute()
        return id
      }
      const listed = await group(null)
      await db.transaction().execute((tx) => setMembers(tx, listed, [world.assets.data]))
      const machines = ['asset system\\machines']
      assert.deepEqual(await reached({ scope: 'all' }), ['web', 'data'])
      assert.deepEqual(await reached({ scope: 'all' }, machines), ['web'])
      assert.deepEqual(await reached({ scope: 'group', groupId: listed }), ['data'])
      assert.deepEqual(await reached({ scope: 'group', groupId: listed }, machines), [])
      assert.deepEqual(await reached({ scope: 'group', groupId: await group('displayName StartsWith w') }), ['web'])
      assert.deepEqual(await reached({ scope: 'group', groupId: await group('no expression at all') }), [])
      const waiver = await waive(world, database, { assetId: null, scope: 'group', groupId: listed })
      await db.deleteFrom('asset_groups').where('id', '=', listed).execute()
      assert.deepEqual(await rawOf(world, 'data'), asFound, `${waiver} has no group any more`)
    }))

  it('that is about to end is named by the runs that need it', () =>
    withWorld(async (world, database) => {
      await waive(world, database, { endsAt: '2999-01-01T00:00:00Z' })
      const said = async (): Promise<string[]> =>
        (await runMessages(database.kysely, [await world.run()])).map(({ text }) => text)
      assert.deepEqual(await said(), [])
      await sql`update waivers set ends_at = date_trunc('second', now()) + interval '13 days'`.execute(database.kysely)
      const [text = '', ...more] = await said()
      assert.match(
        text,
        /^The waiver of the rule mode \(Test, small\) on web ends at 2\d{3}-[\d-]+T[\d:]+Z; request a new one/,
      )
      assert.deepEqual(more, [])
    }))

  it('is beside what was found in the reporting database too', () =>
    withWorld((world, database) =>
      withReporting(database, async (reporting) => {
        await waive(world, database)
        const runId = await world.run()
        await database.kysely.updateTable('job_runs').set({ synchronise: true }).where('id', '=', runId).execute()
        await synchronise(database, reporting, new AbortController().signal)
        const rules = await sql`
          select assets.name, rules.title, outcome, verdict, waived from rule_results
          join assets using (asset_id) join rules using (rule_key) order by name, title`.execute(reporting.kysely)
        const found = { title: 'mode', outcome: 'fail', verdict: 'failed' }
        const good = { title: 'family', outcome: 'pass', verdict: 'passed', waived: false }
        assert.deepEqual(rules.rows, [
          { name: 'data', ...good },
          { name: 'data', ...found, waived: false },
          { name: 'web', ...good },
          { name: 'web', ...found, waived: true },
        ])
        const assessments = await sql`
          select assets.name, failed, exempted, score, adjusted_score from latest_assessments
          join assets using (asset_id) order by name`.execute(reporting.kysely)
        assert.deepEqual(assessments.rows, [
          { name: 'data', failed: 1, exempted: 0, score: 50, adjusted_score: 50 },
          { name: 'web', failed: 1, exempted: 1, score: 50, adjusted_score: 100 },
        ])
        const failed = await sql`select title, assets, waived from failed_rules`.execute(reporting.kysely)
        assert.deepEqual(failed.rows, [{ title: 'mode', assets: '2', waived: '1' }])
      }),
    ))
})
