import { Sharing } from '../e2e/sharing.ts'
import { createTestServer, withoutTestServer } from '../packages/server/src/db/testing-server.ts'

const assets = 200
const concurrency = 4
const latencyMs = 1500

/**
 * A run of recorded assets on PostgreSQL by one, two and three working processes. Each asset makes its session wait as
 * long as a machine far away does, so that it is the sessions at a time that bound a run, as with real machines, and not
 * the processors of this one; the least that a run could take with them is printed beside it.
 */
export async function run(): Promise<void> {
  const without = withoutTestServer()
  if (without !== false) {
    process.stdout.write(`${without}\n`)
    return
  }
  let alone: number | undefined
  for (const count of [1, 2, 3]) {
    const server = await createTestServer()
    try {
      await server.start()
      const seconds = await measure(server.url, count)
      alone ??= seconds
      const least = (Math.ceil(assets / (count * concurrency)) * latencyMs) / 1000
      process.stdout.write(
        `${assets} assets, ${count} × ${concurrency} sessions of ${latencyMs} ms: ${seconds.toFixed(1)} s ` +
          `(at least ${least.toFixed(1)} s), ${(alone / seconds).toFixed(2)} × one\n`,
      )
    } finally {
      await server.close()
    }
  }
}

async function measure(url: string, count: number): Promise<number> {
  const roles = Array.from({ length: count }, (_, at) => (at === 0 ? ('serve' as const) : ('worker' as const)))
  const sharing = await Sharing.start(url, roles, { concurrency, latencyMs })
  try {
    const runId = await sharing.run(assets, 'essential')
    const status = await sharing.ended(runId, 600_000)
    if (status !== 'Completed') throw new Error(`the run ended as ${status}`)
    const row = await sharing.database.kysely
      .selectFrom('job_runs')
      .select(['started_at', 'ended_at'])
      .where('id', '=', runId)
      .executeTakeFirstOrThrow()
    return (Date.parse(row.ended_at ?? '') - Date.parse(row.started_at ?? '')) / 1000
  } finally {
    await sharing.close()
  }
}
