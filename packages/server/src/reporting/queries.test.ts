import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { it } from 'node:test'
import { sql } from 'kysely'
import type { Database } from '../db/database.ts'
import { describeOnBothDatabases } from '../db/testing.ts'
import type { Outcome } from '../store/outcomes.ts'
import { addAsset, addEndedRun, addFolder, addJob, addStandardRow } from '../store/testing.ts'
import { synchroniseExemptions } from './present-exemptions.ts'
import { synchronise } from './synchronise.ts'
import { addReportedResult, waive, withReporting } from './testing.ts'

const day = 24 * 3600 * 1000
const ago = (days: number): string => new Date(Date.now() - days * day).toISOString()
const january = '2026-01-01T10:00:00.000Z'
const february = '2026-02-01T10:00:00.000Z'

/** Of three assets: what each run found on rule one (high), two and three (low), and when; nothing could be collected: null. */
async function addHistory(production: Database): Promise<{ readonly newestRun: string }> {
  const db = production.kysely
  const [machines, data] = [await addFolder(db, 'asset system\\machines'), await addFolder(db, 'asset system\\data')]
  const standard = await addStandardRow(db, machines, { title: 'Baseline', ruleCount: 3 })
  const assets = {
    web: await addAsset(db, machines, { name: 'web' }),
    app: await addAsset(db, machines, { name: 'app' }),
    data: await addAsset(db, data, { name: 'data' }),
  }
  const jobId = await addJob(db, { name: 'Nightly' })
  const add = async (
    at: string,
    collectedAt: string,
    found: Readonly<Partial<Record<keyof typeof assets, readonly Outcome[] | null>>>,
  ): Promise<string> => {
    const runId = await addEndedRun(db, jobId, { synchronise: true, endedAt: at })
    for (const [name, assetId] of Object.entries(assets)) {
      const outcomes = found[name as keyof typeof assets]
      if (outcomes === undefined) continue
      const given = { outcomes: outcomes ?? ['unknown', 'unknown', 'unknown'], collectedAt: outcomes && collectedAt }
      await addReportedResult(production, { runId, assetId, standard, ...given })
    }
    await db.updateTable('results').set({ evaluated_at: at }).where('run_id', '=', runId).execute()
    return runId
  }
  await add(january, january, { web: ['pass', 'fail', 'fail'], data: ['pass', 'pass', 'fail'] })
  await add(february, february, {
    web: ['pass', 'pass', 'fail'],
    app: ['fail', 'pass', 'fail'],
    data: ['fail', 'pass', 'notapplicable'],
  })
  return { newestRun: await add(ago(1), ago(10), { web: ['pass', 'pass', 'fail'], data: null }) }
}

/** What each query of the page must find in that history, by its heading; of instants and ages, whole days. */
const expected = (newestRun: string): Readonly<Record<string, unknown>> => ({
  'Score of every standard, week by week': [
    { title: 'Baseline', week: '2025-12-29', score: '50.0' },
    { title: 'Baseline', week: '2026-01-26', score: '50.0' },
    { title: 'Baseline', week: mondayOf(ago(1)), score: '66.7' },
  ],
  'The rules that most assets fail': [
    { title: 'Rule three', severity: 'low', assets: '2' },
    { title: 'Rule one', severity: 'high', assets: '1' },
  ],
  'Assets with the lowest score now': [
    { name: 'app', title: 'Baseline', score: 100 / 3 },
    { name: 'web', title: 'Baseline', score: 200 / 3 },
  ],
  'Assets whose evidence is older than a week': [
    { name: 'app', title: 'Baseline', collected_from: '2026-02-01' },
    { name: 'web', title: 'Baseline', collected_from: ago(10).slice(0, 10) },
  ],
  'Assets from which nothing could be collected': [
    { name: 'data', title: 'Baseline', evaluated_at: ago(1).slice(0, 10) },
  ],
  'What differs between two days, rule by rule': [
    { name: 'data', title: 'Rule one', was: 'passed', is_now: 'failed' },
    { name: 'data', title: 'Rule three', was: 'failed', is_now: 'not applicable' },
    { name: 'web', title: 'Rule two', was: 'failed', is_now: 'passed' },
  ],
  'How long the failing rules of an asset have been failing': [
    { name: 'web', title: 'Rule three', since: '2026-01-01' },
    { name: 'app', title: 'Rule one', since: '2026-02-01' },
    { name: 'app', title: 'Rule three', since: '2026-02-01' },
    { name: 'data', title: 'Rule one', since: '2026-02-01' },
  ],
  'Scores by folder of the asset system': [
    { folder: 'asset system\\data', assets: '1', score: null },
    { folder: 'asset system\\machines', assets: '2', score: '50.0' },
  ],
  'Failures by severity and standard': [
    { title: 'Baseline', severity: 'low', failures: '2' },
    { title: 'Baseline', severity: 'high', failures: '1' },
  ],
  'Runs of the last month and how much each found': [
    { name: 'A job', run_id: newestRun, at: ago(1).slice(0, 10), assessments: '2', failed: '1', unknown: '3' },
  ],
})

describeOnBothDatabases('the queries of docs/reporting.md', (withDatabase) => {
  it('find what they say they find', () =>
    withDatabase((production) =>
      withReporting(production, async (reporting) => {
        const { newestRun } = await addHistory(production)
        await synchronise(production, reporting, new AbortController().signal)
        // What was exempted later is beside what was found, and changes none of it.
        await waive(production, 'three')
        assert.equal(
          await synchroniseExemptions(production, reporting, () => undefined, new AbortController().signal),
          3,
        )
        const found: Record<string, unknown> = {}
        for (const [heading, query] of documentedQueries()) {
          const { rows } = await sql.raw<Record<string, unknown>>(query).execute(reporting.kysely)
          found[heading] = rows.map(inDays)
        }
        assert.equal(Object.keys(found).length, 10)
        assert.deepEqual(found, expected(newestRun))
      }),
    ))
})

/** By the sentence above each. */
function documentedQueries(): (readonly [heading: string, query: string])[] {
  const page = readFileSync(new URL('../../../../docs/reporting.md', import.meta.url), 'utf8')
  return page
    .matchAll(/^(\S[^\n]*):\n\n```sql\n(.*?);\n```/gms)
    .map(([, heading, query]) => [heading ?? '', query ?? ''] as const)
    .toArray()
}

function inDays(row: Record<string, unknown>): Record<string, unknown> {
  const { age: _, ...rest } = row
  return Object.fromEntries(
    Object.entries(rest).map(([name, value]) => [
      name,
      typeof value === 'string' && /^\d{4}-\d\d-\d\dT/.test(value) ? value.slice(0, 10) : value,
    ]),
  )
}

function mondayOf(instant: string): string {
  const at = new Date(instant)
  at.setUTCDate(at.getUTCDate() - ((at.getUTCDay() + 6) % 7))
  return at.toISOString().slice(0, 10)
}
