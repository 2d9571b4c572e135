import assert from 'node:assert/strict'
import { it } from 'node:test'
import { describeOnBothDatabases } from '../db/testing.ts'
import { embeddedTemplate } from '../db/testing-template.ts'
import { createReporting } from '../reporting/reporting.ts'
import type { Reporting } from '../reporting/reporting.ts'
import { engines, until } from './testing.ts'

describeOnBothDatabases("the product's own jobs", (withDatabase) => {
  const withEngine = engines(withDatabase)

  it('begin at once when somebody asks for one, whatever those of a schedule are doing', async () => {
    const gate = Promise.withResolvers<void>()
    const real = createReporting({ archive: (await embeddedTemplate()).archives.reporting })
    let waiting = 0
    const reporting: Reporting = {
      ...real,
      async database() {
        waiting += 1
        await gate.promise
        return real.database()
      },
    }
    try {
      await withEngine(
        async (engine, _, { kysely: db }) => {
          const nightly = [1, 2].map(() => engine.addJob({}, 'ReportDataSynchronizationJob'))
          const jobIds = await Promise.all(nightly)
          const runs = await db.transaction().execute((tx) =>
            engine.context.queue.requestRuns(
              tx,
              jobIds.map((jobId) => ({ jobId, trigger: 'schedule', requestedBy: 'schedule' })),
            ),
          )
          await until('one of the two to be under way', () => (waiting === 1 ? true : undefined))
          const purge = await engine.run(await engine.addJob({}, 'ProductionDataPurgeJob'))
          assert.deepEqual([purge.status, waiting], ['Completed', 1])
          gate.resolve()
          for (const { runId } of runs) assert.equal((await engine.end(runId)).status, 'Completed')
        },
        { reporting },
      )
    } finally {
      gate.resolve()
      await real.close()
    }
  })
})
