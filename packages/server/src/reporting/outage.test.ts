import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { sql } from 'kysely'
import { openDatabase } from '../db/database.ts'
import type { Database } from '../db/database.ts'
import { migrate, productionMigrations } from '../db/migrate.ts'
import { createTestServer, withoutTestServer } from '../db/testing-server.ts'
import type { TestServer } from '../db/testing-server.ts'
import { runMessages } from '../store/runs.ts'
import { buryTask } from '../tasks/dead-task.ts'
import { makeTestStandard, startTestEngine, until } from '../tasks/testing.ts'
import { createReporting, reportingMigrations } from './reporting.ts'
import type { ReportingTables } from './schema.ts'
import { synchronise } from './synchronise.ts'
import { addReportedRun, atStatement, countFacts } from './testing.ts'

const never = new AbortController().signal

async function withServer(use: (server: TestServer) => Promise<void>): Promise<void> {
  const server = await createTestServer()
  try {
    await server.start()
    await use(server)
  } finally {
    await server.close()
  }
}

async function opened<Schema>(folder: URL, url?: string): Promise<Database<Schema>> {
  const database = await openDatabase<Schema>({ url })
  await migrate(database.kysely, folder)
  return database
}

describe('an outage of the reporting database', { skip: withoutTestServer() }, () => {
  it('keeps no run from ending; what it kept back follows when the database is there again', () =>
    withServer(async (server) => {
      const production = await opened(productionMigrations)
      const reporting = createReporting({ url: server.url })
      const standard = makeTestStandard()
      const engine = await startTestEngine(production as Database, standard, { reporting })
      const told = async (runId: string): Promise<string[]> =>
        (await runMessages(engine.context.database.kysely, [runId])).map(({ text }) => text)
      try {
        standard.write('mode = strict\n')
        const jobId = await engine.addJob({
          assetsResolutionInfo: [{ id: await engine.addAsset('this machine'), type: '' }],
          standards: [engine.standardIds.small],
          shouldSynchronizeResults: true,
        })
        const syncJob = await engine.addJob({}, 'ReportDataSynchronizationJob')
        const synchronised = async (): Promise<number> =>
          (
            await engine.context.database.kysely
              .selectFrom('job_runs')
              .select('id')
              .where('synchronised_at', 'is not', null)
              .execute()
          ).length
        await engine.run(jobId)
        await engine.run(syncJob)
        assert.equal(await synchronised(), 1)
        await server.kill()
        const kept = await engine.run(jobId)
        assert.equal(kept.status, 'Completed')
        for (const error of ['gone', 'still gone'])
          await buryTask(engine.context, { kind: 'synchronise', data: {}, error })
        assert.deepEqual(await told(kept.id), [
          'The results could not be brought to the reporting database yet: gone. They will be when it is there again.',
        ])
        const failed = await engine.run(syncJob)
        assert.equal(failed.status, 'Failed')
        assert.match(
          (await told(failed.id)).join(),
          /^The reporting database cannot be used: .+ Runs that wait for it: 1\.$/,
        )
        assert.equal(await synchronised(), 1)
        await server.start()
        const done = await engine.run(syncJob)
        assert.equal(done.status, 'Completed')
        assert.equal(await synchronised(), 2)
        const { kysely } = await reporting.database()
        const runs = await kysely.selectFrom('assessments').select('run_id').distinct().execute()
        assert.equal(runs.length, 2)
      } finally {
        await engine.stop()
        await reporting.close()
        standard.remove()
        await production.close()
      }
    }))

  it('is made up for by itself when it is over: nobody asks for a synchronisation, and no other run ends', () =>
    withServer(async (server) => {
      const production = await opened(productionMigrations)
      const reporting = createReporting({ url: server.url })
      const standard = makeTestStandard()
      const engine = await startTestEngine(production as Database, standard, { reporting })
      const { kysely: db } = engine.context.database
      /** Lets the time pass that the queue waits between two tries. */
      const letTimePass = async (): Promise<void> => {
        await sql`
          update pgboss.job set start_after = now()
          where name = 'synchronise' and state in ('created', 'retry') and start_after > now()`.execute(db)
      }
      try {
        standard.write('mode = strict\n')
        const jobId = await engine.addJob({
          assetsResolutionInfo: [{ id: await engine.addAsset('this machine'), type: '' }],
          standards: [engine.standardIds.small],
          shouldSynchronizeResults: true,
        })
        await engine.run(jobId)
        await server.kill()
        const run = await engine.run(jobId)
        const told = await until(
          'the run to say so',
          async () => {
            await letTimePass()
            return (await runMessages(db, [run.id]))[0]?.text
          },
          120_000,
        )
        assert.match(told, /^The results could not be brought to the reporting database yet: /)
        await server.start()
        await until(
          'the results to be there',
          async () => {
            await letTimePass()
            const found = await db.selectFrom('job_runs').select('synchronised_at').where('id', '=', run.id).execute()
            return found[0]?.synchronised_at ?? undefined
          },
          60_000,
        )
        const { kysely } = await reporting.database()
        const runs = await kysely.selectFrom('assessments').select('run_id').distinct().execute()
        assert.equal(runs.length, 2)
      } finally {
        await engine.stop()
        await reporting.close()
        standard.remove()
        await production.close()
      }
    }))

  for (const killed of ['reporting', 'production'] as const) {
    it(`loses and doubles nothing when the ${killed} database is killed half way`, () =>
      withServer(async (server) => {
        const production = (await opened(
          productionMigrations,
          killed === 'production' ? server.url : undefined,
        )) as Database
        const reporting = await opened<ReportingTables>(
          reportingMigrations,
          killed === 'reporting' ? server.url : undefined,
        )
        try {
          const { runId } = await addReportedRun(production, 230, () => ['pass', 'fail', 'fail'])
          let kill: Promise<void> | undefined
          const strike = () => (kill ??= server.kill())
          const plugin = atStatement('insert into synchronised_runs', 3, strike)
          await assert.rejects(
            synchronise(production, { ...reporting, kysely: reporting.kysely.withPlugin(plugin) }, never),
          )
          await kill
          await server.start()
          const half = await countFacts(reporting)
          assert.ok(half === 300 || half === 450, `whole pages of 50 results: ${half} facts`)
          assert.deepEqual(await synchronise(production, reporting, never), { brought: [runId], failed: [] })
          assert.equal(await countFacts(reporting), 690)
          assert.deepEqual(await synchronise(production, reporting, never), { brought: [], failed: [] })
        } finally {
          await Promise.all([production.close(), reporting.close()])
        }
      }))
  }
})
