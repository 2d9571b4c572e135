import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { it } from 'node:test'
import { sql } from 'kysely'
import { openDatabase } from '../db/database.ts'
import type { Database } from '../db/database.ts'
import { migrate } from '../db/migrate.ts'
import { describeOnBothDatabases, withServerDatabase } from '../db/testing.ts'
import type { Outcome } from '../store/outcomes.ts'
import { addResult } from '../store/results.ts'
import { addAsset, addEndedRun, addFolder, addJob, addStandardRow } from '../store/testing.ts'
import { reportingMigrations } from './reporting.ts'
import type { ReportingTables } from './schema.ts'
import { synchronise } from './synchronise.ts'

const never = new AbortController().signal

async function withReporting(
  production: Database,
  use: (reporting: Database<ReportingTables>) => Promise<void>,
): Promise<void> {
  const withUrl = async (url?: string): Promise<void> => {
    const reporting = await openDatabase<ReportingTables>({ url })
    try {
      await migrate(reporting.kysely, reportingMigrations)
      await use(reporting)
    } finally {
      await reporting.close()
    }
  }
  await (production.kind === 'embedded' ? withUrl() : withServerDatabase(process.env['TEST_DATABASE_URL'], withUrl))
}

/** A run with a result for each asset, whose outcomes are given. */
async function runWithResults(production: Database, assets: number, outcomesOf: (asset: number) => Outcome[]) {
  const db = production.kysely
  const folder = await addFolder(db, 'asset system\\machines')
  const standard = await addStandardRow(db, folder, { title: 'Baseline', ruleCount: 3 })
  const runId = await addEndedRun(db, await addJob(db, { name: 'Nightly' }), { synchronise: true })
  for (let index = 0; index < assets; index += 1) {
    const assetId = await addAsset(db, folder, { name: `web-${index}` })
    await addResult(db, {
      runId,
      assetId,
      standardId: standard.id,
      standardVersion: '1.0.0',
      contentDigest: standard.contentDigest,
      evidenceId: null,
      collectedFrom: '2026-01-01T00:00:00.000Z',
      collectedTo: '2026-01-01T00:00:00.000Z',
      outcomes: outcomesOf(index),
      detail: {
        standardTitle: 'Baseline',
        benchmarkId: 'b',
        profileId: null,
        scores: {},
        rules: ['one', 'two', 'three'].map((id) => ({
          id,
          checkId: randomUUID(),
          title: `Rule ${id}`,
          severity: 'low',
          messages: [],
        })),
      },
    })
  }
  return runId
}

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
        const runId = await runWithResults(production, 1, () => ['pass', 'notselected', 'error'])
        assert.deepEqual(await synchronise(production, reporting, never), [runId])
        assert.deepEqual(await synchronise(production, reporting, never), [])
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
        const runId = await runWithResults(production, 120, (asset) => [
          'pass',
          asset % 2 === 0 ? 'fail' : 'pass',
          'fail',
        ])
        const interrupted = new AbortController()
        const first = synchronise(
          production,
          { ...reporting, kysely: reporting.kysely.withPlugin(abortAfterPage(interrupted)) },
          interrupted.signal,
        )
        await assert.rejects(first, { name: 'AbortError' })
        const half = await countFacts(reporting)
        assert.ok(half > 0 && half < 360, `${half} facts`)
        assert.deepEqual(await synchronise(production, reporting, never), [runId])
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
        const queries = documentedQueries()
        assert.equal(queries.length, 10)
        for (const query of queries) await sql.raw(query).execute(reporting.kysely)
      }),
    ))
})

/** The queries of docs/reporting.md. */
function documentedQueries(): string[] {
  const page = readFileSync(new URL('../../../../docs/reporting.md', import.meta.url), 'utf8')
  return page
    .matchAll(/```sql\n(.*?);\n```/gs)
    .map(([, query]) => query ?? '')
    .toArray()
}

async function countFacts(reporting: Database<ReportingTables>): Promise<number> {
  return (await reporting.kysely.selectFrom('rule_results').select('rule_key').execute()).length
}

/** Aborts as soon as the first page's place has been written. */
function abortAfterPage(controller: AbortController) {
  return {
    transformQuery: ({ node }: { node: unknown }) => {
      if (JSON.stringify(node).includes('insert into synchronised_runs')) controller.abort()
      return node as never
    },
    transformResult: async ({ result }: { result: unknown }) => result as never,
  }
}
