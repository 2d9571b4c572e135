import assert from 'node:assert/strict'
import { it } from 'node:test'
import { sql } from 'kysely'
import type { Database } from '../db/database.ts'
import { describeOnBothDatabases } from '../db/testing.ts'
import type { Outcome } from '../store/outcomes.ts'
import { addEndedRun } from '../store/testing.ts'
import { runMessages } from '../store/runs.ts'
import { endWaiver } from '../store/waivers.ts'
import { makeTestStandard, startTestEngine } from '../tasks/testing.ts'
import { synchroniseExemptions } from './present-exemptions.ts'
import type { ReportingTables } from './schema.ts'
import { synchronise } from './synchronise.ts'
import { addReportedResult, addReportedRun, atStatement, waive, withReporting } from './testing.ts'

const never = new AbortController().signal

const end = ({ kysely: db }: Database, id: string): Promise<boolean> =>
  db.transaction().execute((tx) => endWaiver(tx, id, 'boss'))

async function seen({ kysely: db }: Database<ReportingTables>): Promise<unknown> {
  const assessments = await sql<{ row: string }>`
    select concat_ws(' ', name, score, exempted, adjusted_score) as row
    from latest_assessments join assets using (asset_id) order by name`.execute(db)
  const rules = await sql<{ row: string }>`
    select concat_ws(' ', rule_id, assets, waived) as row from failed_rules order by rule_id`.execute(db)
  return [assessments.rows.map(({ row }) => row), rules.rows.map(({ row }) => row)]
}

const facts = async ({ kysely: db }: Database<ReportingTables>): Promise<unknown> =>
  (
    await sql`select rule_results.*, exempted, adjusted_score from rule_results join assessments using (run_id, asset_id)
    order by run_id, asset_id, rule_key`.execute(db)
  ).rows

describeOnBothDatabases('waivers in the reporting database', (withDatabase) => {
  const withRun = (
    outcomesOf: readonly Outcome[][],
    use: (world: {
      readonly production: Database
      readonly reporting: Database<ReportingTables>
      readonly bring: () => Promise<number>
    }) => Promise<void>,
  ): Promise<void> =>
    withDatabase((production) =>
      withReporting(production, async (reporting) => {
        await addReportedRun(production, outcomesOf.length, (asset) => [...(outcomesOf[asset] ?? [])])
        await synchronise(production, reporting, never)
        const bring = () => synchroniseExemptions(production, reporting, () => undefined, never)
        await use({ production, reporting, bring })
      }),
    )
  const two: Outcome[][] = [
    ['pass', 'fail', 'fail'],
    ['pass', 'pass', 'fail'],
  ]

  it('exempt the newest results though they were approved after them, and leave the facts alone', () =>
    withRun(two, async ({ production, reporting, bring }) => {
      const asFound = [
        [`web-0 ${100 / 3} 0 ${100 / 3}`, `web-1 ${200 / 3} 0 ${200 / 3}`],
        ['three 2 0', 'two 1 0'],
      ]
      const before = await facts(reporting)
      assert.equal(await bring(), 0)
      assert.deepEqual(await seen(reporting), asFound)
      const waiver = await waive(production, 'two')
      assert.equal(await bring(), 1)
      assert.deepEqual(await seen(reporting), [
        [`web-0 ${100 / 3} 1 ${200 / 3}`, `web-1 ${200 / 3} 0 ${200 / 3}`],
        ['three 2 0', 'two 1 1'],
      ])
      assert.equal(await bring(), 0, 'done again it changes nothing')
      await end(production, waiver)
      assert.equal(await bring(), 1)
      assert.deepEqual(await seen(reporting), asFound)
      assert.deepEqual(await facts(reporting), before)
    }))

  it('exempt no more what they did when it was found, once they are over', () =>
    withRun(two, async ({ production, reporting, bring }) => {
      const waiver = await waive(production, 'three')
      const {
        asset_id: assetId,
        standard_id: id,
        content_digest: contentDigest,
      } = await production.kysely
        .selectFrom('results')
        .innerJoin('assets', 'assets.id', 'asset_id')
        .select(['asset_id', 'standard_id', 'content_digest'])
        .where('display_name', '=', 'web-0')
        .executeTakeFirstOrThrow()
      const job = await production.kysely.selectFrom('jobs').select('id').executeTakeFirstOrThrow()
      const runId = await addEndedRun(production.kysely, job.id, { synchronise: true })
      const outcomes: Outcome[] = ['pass', 'pass', 'fail']
      const standard = { id, contentDigest }
      const waivers = new Map([['three', waiver]])
      const collectedAt = '2026-01-01T00:00:00.000Z'
      assert.equal(await bring(), 2, 'both assets, at the run before')
      await addReportedResult(production, { runId, assetId, standard, outcomes, collectedAt, waivers })
      await synchronise(production, reporting, never)
      const exempted = [[`web-0 ${200 / 3} 1 100`, `web-1 ${200 / 3} 1 100`], ['three 2 2']]
      assert.deepEqual(await seen(reporting), exempted, 'the new run brought its own')
      assert.equal(await bring(), 0)
      await sql`update waivers set starts_at = now() - interval '2 days', ends_at = now() - interval '1 second'`.execute(
        production.kysely,
      )
      assert.equal(await bring(), 2)
      assert.deepEqual(await seen(reporting), [
        [`web-0 ${200 / 3} 0 ${200 / 3}`, `web-1 ${200 / 3} 0 ${200 / 3}`],
        ['three 2 0'],
      ])
    }))

  it('count what is unknown and what wants a person as passed, but make no score where nothing was collected', () =>
    withRun(
      [
        ['error', 'notchecked', 'pass'],
        ['notapplicable', 'informational', 'pass'],
      ],
      async (world) => {
        const { production, reporting, bring } = world
        await waive(production, 'one')
        await waive(production, 'two')
        await waive(production, 'three')
        assert.equal(await bring(), 2)
        const [assessments] = (await seen(reporting)) as [string[], string[]]
        assert.deepEqual(assessments, ['web-0 50 2 100', 'web-1 100 1 100'])
        await sql`update assessments set score = null, passed = 0, unknown = 2`.execute(reporting.kysely)
        await sql`delete from present_exemptions`.execute(reporting.kysely)
        await bring()
        const { rows } = await sql`select score, adjusted_score from latest_assessments`.execute(reporting.kysely)
        assert.deepEqual(rows, Array(2).fill({ score: null, adjusted_score: null }))
      },
    ))

  it('come over wholly after an interruption, for as many assets as there are', () =>
    withRun(
      Array.from({ length: 450 }, () => ['pass', 'pass', 'fail'] as Outcome[]),
      async (world) => {
        const { production, reporting, bring } = world
        await waive(production, 'three')
        const interrupted = new AbortController()
        const plugin = atStatement('insert into present_exemptions', 1, () => interrupted.abort())
        const first = synchroniseExemptions(
          production,
          { ...reporting, kysely: reporting.kysely.withPlugin(plugin) },
          () => undefined,
          interrupted.signal,
        )
        await assert.rejects(first, { name: 'AbortError' })
        assert.equal(await bring(), 250)
        const { rows } = await sql`select waived from failed_rules`.execute(reporting.kysely)
        assert.deepEqual(rows, [{ waived: '450' }])
      },
    ))

  it('come over with the job that synchronises reports, which says so', () =>
    withRun(two, async ({ production, reporting }) => {
      const standard = makeTestStandard()
      const engine = await startTestEngine(production, standard, {
        reporting: {
          kind: reporting.kind,
          database: async () => reporting,
          maintain: async () => undefined,
          close: async () => undefined,
        },
      })
      try {
        await waive(production, 'two')
        const run = await engine.run(await engine.addJob({}, 'ReportDataSynchronizationJob'))
        assert.equal(run.status, 'Completed')
        assert.deepEqual(
          (await runMessages(production.kysely, [run.id])).map(({ text }) => text),
          ['Runs brought to the reporting database: 0.', 'Newest results of assets whose waivers have changed: 1.'],
        )
      } finally {
        await engine.stop()
        standard.remove()
      }
    }))
})
