import assert from 'node:assert/strict'
import { it } from 'node:test'
import { sql } from 'kysely'
import type { Database } from '../db/database.ts'
import { describeOnBothDatabases } from '../db/testing.ts'
import type { ReportingTables } from './schema.ts'
import { synchronise } from './synchronise.ts'
import { addReportedRun, atStatement, countFacts, withReporting } from './testing.ts'

const never = new AbortController().signal

async function verdictsIn(reporting: Database<ReportingTables>): Promise<unknown> {
  const { rows } = await sql`
    select assets.name, rules.rule_id, outcome, verdict
    from rule_results join assets using (asset_id) join rules using (rule_key)
    order by assets.name, rules.rule_key`.execute(reporting.kysely)
  return rows
}

describeOnBothDatabases('synchronisation of the reporting database', (withDatabase) => {
  it('brings over every rule result once, and leaves out what is not selected', () =>
    withDatabase((production) =>
      withReporting(production, async (reporting) => {
        const { runId } = await addReportedRun(production, 1, () => ['pass', 'notselected', 'error'])
        assert.deepEqual(await synchronise(production, reporting, never), { brought: [runId], failed: [] })
        assert.deepEqual(await synchronise(production, reporting, never), { brought: [], failed: [] })
        assert.deepEqual(await verdictsIn(reporting), [
          { name: 'web-0', rule_id: 'one', outcome: 'pass', verdict: 'passed' },
          { name: 'web-0', rule_id: 'three', outcome: 'error', verdict: 'unknown' },
        ])
        const assessments = await reporting.kysely
          .selectFrom('assessments')
          .select(['passed', 'failed', 'unknown', 'not_applicable', 'manual', 'score', 'collected_from'])
          .execute()
        assert.deepEqual(assessments, [
          {
            passed: 1,
            failed: 0,
            unknown: 1,
            not_applicable: 0,
            manual: 0,
            score: 50,
            collected_from: '2026-01-01T00:00:00Z',
          },
        ])
      }),
    ))

  it('goes on where it was interrupted, and doing it all again changes nothing', () =>
    withDatabase((production) =>
      withReporting(production, async (reporting) => {
        const { runId } = await addReportedRun(production, 120, (asset) => [
          'pass',
          asset % 2 === 0 ? 'fail' : 'pass',
          'fail',
        ])
        const interrupted = new AbortController()
        const plugin = atStatement('insert into synchronised_runs', 1, () => interrupted.abort())
        const first = synchronise(
          production,
          { ...reporting, kysely: reporting.kysely.withPlugin(plugin) },
          interrupted.signal,
        )
        await assert.rejects(first, { name: 'AbortError' })
        const half = await countFacts(reporting)
        assert.ok(half > 0 && half < 360, `${half} facts`)
        assert.deepEqual(await synchronise(production, reporting, never), { brought: [runId], failed: [] })
        assert.equal(await countFacts(reporting), 360)
        await production.kysely.updateTable('job_runs').set({ synchronised_at: null }).execute()
        await reporting.kysely.deleteFrom('synchronised_runs').execute()
        await synchronise(production, reporting, never)
        assert.equal(await countFacts(reporting), 360)
        const { rows } = await sql`select rule_id, assets from failed_rules order by rule_id`.execute(reporting.kysely)
        assert.deepEqual(rows, [
          { rule_id: 'three', assets: '120' },
          { rule_id: 'two', assets: '60' },
        ])
      }),
    ))

  it('goes on with the others when a run cannot be brought over, and brings it when it can', () =>
    withDatabase((production) =>
      withReporting(production, async (reporting) => {
        const { runId: bad } = await addReportedRun(production, 2, () => ['pass', 'fail', 'fail'])
        const { runId: good } = await addReportedRun(production, 2, () => ['pass', 'pass', 'pass'], 'Weekly')
        const lost = new Uint8Array([0])
        const digests = await production.kysely.selectFrom('results').select('detail_digest').execute()
        const explain = (digest: Uint8Array = lost) =>
          production.kysely.updateTable('results').set({ detail_digest: digest }).where('run_id', '=', bad).execute()
        await explain()
        const { brought, failed } = await synchronise(production, reporting, never)
        assert.deepEqual(brought, [good])
        assert.deepEqual(
          failed.map(({ runId, error }) => [runId, (error as Error).message]),
          [[bad, 'the detail of a stored result is missing']],
        )
        await explain(digests[0]?.detail_digest)
        assert.deepEqual(await synchronise(production, reporting, never), { brought: [bad], failed: [] })
        assert.equal(await countFacts(reporting), 12)
      }),
    ))

  it('brings everything over once when several processes do so at once', () =>
    withDatabase((production) =>
      withReporting(production, async (reporting) => {
        const { runId } = await addReportedRun(production, 230, () => ['pass', 'fail', 'fail'])
        const all = await Promise.all([1, 2, 3].map(() => synchronise(production, reporting, never)))
        for (const { failed } of all) assert.deepEqual(failed, [])
        assert.equal(await countFacts(reporting), 690)
        const runs = await reporting.kysely
          .selectFrom('synchronised_runs')
          .select(['run_id', 'facts', 'finished_at'])
          .execute()
        assert.deepEqual(
          runs.map((run) => [run.run_id, Number(run.facts), run.finished_at !== null]),
          [[runId, 230, true]],
        )
      }),
    ))
})
