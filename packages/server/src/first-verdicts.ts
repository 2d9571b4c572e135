import type { Kysely } from 'kysely'
import type { Context } from './context.ts'
import type { Tables } from './db/schema.ts'
import { latestResult, type StoredResult } from './store/results.ts'
import { findRun, runAssets } from './store/runs.ts'

/** What a run of one asset came to, to be shown to a person. */
export interface Verdicts {
  readonly job: string
  readonly status: string
  readonly results: readonly {
    readonly standard: string
    readonly score: number | null
    readonly rules: readonly { readonly title: string; readonly severity: string; readonly outcome: string }[]
  }[]
}

const pollMs = 250

/** Waits for the end of a run, or for the signal: undefined then. A database that is away for a while is waited for. */
export async function waitForVerdicts(
  { database, log }: Context,
  runId: string,
  signal: AbortSignal,
): Promise<Verdicts | undefined> {
  while (!signal.aborted) {
    try {
      const found = await findVerdicts(database.kysely, runId)
      if (found !== 'under way') return found
    } catch (error) {
      log.warn({ err: error, runId }, 'cannot see the verdicts of the first run')
    }
    await new Promise((resolve) => setTimeout(resolve, pollMs))
  }
  return undefined
}

async function findVerdicts(db: Kysely<Tables>, runId: string): Promise<Verdicts | 'under way' | undefined> {
  const run = await findRun(db, runId)
  if (run === undefined) return undefined
  if (run.endedAt === null) return 'under way'
  const [asset] = await runAssets(db, runId, { limit: 1 })
  const standards = await db.selectFrom('results').select('standard_id').where('run_id', '=', runId).execute()
  const results: StoredResult[] = []
  for (const { standard_id: standardId } of standards) {
    const result = asset === undefined ? undefined : await latestResult(db, asset.assetId, standardId, { runId })
    if (result !== undefined) results.push(result)
  }
  return {
    job: run.jobName,
    status: run.status,
    results: results.map(({ detail, outcomes, score }) => ({
      standard: detail.standardTitle,
      score,
      rules: detail.rules.map(({ title, severity }, at) => ({
        title,
        severity,
        outcome: outcomes[at] ?? 'unknown',
      })),
    })),
  }
}
