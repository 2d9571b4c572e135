import { randomUUID } from 'node:crypto'
import type { KyselyPlugin } from 'kysely'
import { openDatabase } from '../db/database.ts'
import type { Database } from '../db/database.ts'
import { migrate } from '../db/migrate.ts'
import { keptDatabase, openServerDatabase } from '../db/testing.ts'
import { embeddedTemplate } from '../db/testing-template.ts'
import type { Outcome } from '../store/outcomes.ts'
import { addResult } from '../store/results.ts'
import { addAsset, addEndedRun, addFolder, addJob, addStandardRow } from '../store/testing.ts'
import { addWaiver, decideWaiver } from '../store/waivers.ts'
import { reportingMigrations } from './reporting.ts'
import type { ReportingTables } from './schema.ts'

/** A reporting database of the production store's kind. */
export async function withReporting(
  production: Database,
  use: (reporting: Database<ReportingTables>) => Promise<void>,
): Promise<void> {
  await (production.kind === 'embedded' ? withEmbedded : withServer)(use)
}

const withEmbedded = keptDatabase<ReportingTables>(async () =>
  openDatabase({ archive: (await embeddedTemplate()).archives.reporting }),
)

const withServer = keptDatabase<ReportingTables>(() =>
  openServerDatabase(process.env['TEST_DATABASE_URL'], ({ kysely }) => migrate(kysely, reportingMigrations)),
)

export const reportedRules = [
  { id: 'one', checkId: randomUUID(), title: 'Rule one', severity: 'high', messages: [] },
  { id: 'two', checkId: randomUUID(), title: 'Rule two', severity: 'low', messages: [] },
  { id: 'three', checkId: randomUUID(), title: 'Rule three', severity: 'low', messages: [] },
]

export interface ReportedResult {
  readonly runId: string
  readonly assetId: string
  readonly standard: { readonly id: string; readonly contentDigest: string }
  readonly outcomes: readonly Outcome[]
  readonly collectedAt: string | null
  readonly waivers?: ReadonlyMap<string, string>
}

/** A result of the standard with the three rules above. */
export async function addReportedResult({ kysely: db }: Database, result: ReportedResult): Promise<void> {
  const { runId, assetId, standard, outcomes, collectedAt, waivers = new Map() } = result
  await addResult(db, {
    runId,
    assetId,
    standardId: standard.id,
    standardVersion: '1.0.0',
    contentDigest: standard.contentDigest,
    evidenceId: null,
    collectedFrom: collectedAt,
    collectedTo: collectedAt,
    outcomes,
    waivers,
    detail: {
      standardTitle: 'Baseline',
      benchmarkId: 'b',
      profileId: null,
      scores: {},
      rules: reportedRules,
      ...(collectedAt === null ? { reason: 'unreachable' } : {}),
    },
  })
}

/** A run that wants to be reported, with a result for each of so many assets. */
export async function addReportedRun(
  production: Database,
  assets: number,
  outcomesOf: (asset: number) => Outcome[],
  jobName = 'Nightly',
): Promise<{ readonly runId: string }> {
  const db = production.kysely
  const folder = await addFolder(db, `asset system\\machines of ${jobName}`)
  const standard = await addStandardRow(db, folder, { title: 'Baseline', ruleCount: 3 })
  const runId = await addEndedRun(db, await addJob(db, { name: jobName }), { synchronise: true })
  for (let index = 0; index < assets; index += 1) {
    const assetId = await addAsset(db, folder, { name: `web-${index}` })
    const collectedAt = '2026-01-01T00:00:00.000Z'
    await addReportedResult(production, { runId, assetId, standard, outcomes: outcomesOf(index), collectedAt })
  }
  return { runId }
}

export async function countFacts(reporting: Database<ReportingTables>): Promise<number> {
  return (await reporting.kysely.selectFrom('rule_results').select('rule_key').execute()).length
}

/** Calls `strike` when the statement is about to be made for the n-th time; what follows it waits for the strike. */
export function atStatement(text: string, times: number, strike: () => unknown): KyselyPlugin {
  let seen = 0
  let struck: unknown
  return {
    transformQuery({ node }) {
      if (JSON.stringify(node).includes(text) && (seen += 1) === times) struck = strike()
      return node
    },
    async transformResult({ result }) {
      await struck
      return result
    },
  }
}

/** Approves a waiver of a rule of the standard above, on all assets; answers with its id. */
export async function waive({ kysely: db }: Database, ruleId: string): Promise<string> {
  const { id: standardId } = await db
    .selectFrom('standards')
    .select('id')
    .where('title', '=', 'Baseline')
    .executeTakeFirstOrThrow()
  return db.transaction().execute(async (tx) => {
    const id = await addWaiver(tx, {
      standardId,
      ruleId,
      ruleTitle: ruleId,
      scope: 'all',
      assetId: null,
      groupId: null,
      reason: 'accepted',
      startsAt: null,
      endsAt: '2999-01-01T00:00:00Z',
      requestedBy: 'anna',
    })
    if (id === undefined) throw new Error('a waiver that is over before it begins')
    await decideWaiver(tx, id, { state: 'Approved', by: 'boss', comment: '', reach: ['asset system'] })
    return id
  })
}
