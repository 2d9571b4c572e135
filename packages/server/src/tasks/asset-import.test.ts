import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { sql } from 'kysely'
import { Temporal } from 'temporal-polyfill'
import { openDatabase } from '../db/database.ts'
import { migrate, productionMigrations } from '../db/migrate.ts'
import { describeOnBothDatabases, withServerDatabase } from '../db/testing.ts'
import { atStatement } from '../reporting/testing.ts'
import { emptySchedule } from '../jobs/job-definition.ts'
import { startWorking } from '../jobs/worker.ts'
import { saveInventory } from '../store/asset-imports.ts'
import { findRun, runMessages } from '../store/runs.ts'
import { addFolder } from '../store/testing.ts'
import { workerHandlers } from './handlers.ts'
import { startRun } from './start-run.ts'
import { runSystemJob } from './system-job.ts'
import type { TaskContext } from './task-context.ts'
import { engines, until } from './testing.ts'
import type { TestEngine } from './testing.ts'

const directory = mkdtempSync(join(tmpdir(), 'plumbline-inventories-'))
after(() => rmSync(directory, { recursive: true }))
writeFileSync(join(directory, 'hosts.ini'), 'web-7\n')
symlinkSync('/etc/hostname', join(directory, 'leads-out'))

const imported = (done: number, total: number): string =>
  `Imported: ${done} of ${total} machines. They stay; the next try or run goes on from there.`

type Engine = Pick<TestEngine, 'addJob' | 'context' | 'start'>

/** A run that imports so many machines, and has begun. */
async function startImport({ addJob, context, start }: Engine, machines: number): Promise<string> {
  const hosts = Array.from({ length: machines }, (_, index) => `10.0.${index >> 8}.${index & 255}`)
  const digest = await context.database.kysely
    .transaction()
    .execute((tx) => saveInventory(tx, `host\n${hosts.join('\n')}\n`))
  const runId = await start(await addJob({ assetImport: { digest, form: 'csv', groups: false } }, 'AssetImportJob'))
  await startRun(context, { runId })
  return runId
}

/** Strikes in the second part that is written. */
function striking(context: TaskContext, strike: () => void): TaskContext {
  const { database } = context
  const kysely = database.kysely.withPlugin(atStatement('insert into assets', 2, strike))
  return { ...context, database: { ...database, kysely } }
}

const countAssets = async ({ database }: TaskContext): Promise<number> =>
  (await database.kysely.selectFrom('assets').select('id').execute()).length

const textsOf = async ({ database }: TaskContext, runId: string): Promise<string[]> =>
  (await runMessages(database.kysely, [runId])).map(({ text }) => text)

describeOnBothDatabases('asset import jobs', (withDatabase) => {
  const inEngine = engines(withDatabase)

  test('a run imports, and tells each line; the next one finds nothing to do', () =>
    inEngine(async (engine, _standard, { kysely }) => {
      await addFolder(kysely, 'asset system\\assets')
      const digest = await kysely
        .transaction()
        .execute((tx) => saveInventory(tx, 'host,name\n10.0.0.1,web-1\n10.0.0.2,\u0007\n'))
      const jobId = await engine.addJob({ assetImport: { digest, form: 'csv', groups: false } }, 'AssetImportJob')
      const texts = async (): Promise<[string, string[]]> => {
        const { id, status } = await engine.run(jobId)
        return [status, (await runMessages(kysely, [id])).map(({ text }) => text)]
      }
      assert.deepEqual(await texts(), [
        'Completed with errors',
        [
          'Created: 1, updated: 0, unchanged: 0, refused: 1, passed over: 0.',
          'Line 3: refused: "\\u{7}" is no name: it is empty, too long, or has characters that cannot be seen.',
          'Line 2: web-1 created.',
        ],
      ])
      assert.equal((await texts())[1][0], 'Created: 0, updated: 0, unchanged: 1, refused: 1, passed over: 0.')
      const assets = await kysely.selectFrom('assets').select('display_name').execute()
      assert.deepEqual(assets, [{ display_name: 'web-1' }])
    }))

  test('a file is read below the configured directory and nowhere else', () =>
    inEngine(
      async (engine, _standard, { kysely }) => {
        await addFolder(kysely, 'asset system\\assets')
        const result = async (file: string): Promise<string> => {
          const { id, status } = await engine.run(
            await engine.addJob({ assetImport: { file, groups: false } }, 'AssetImportJob'),
          )
          const [first] = await runMessages(kysely, [id])
          return `${status}: ${first?.text}`
        }
        assert.equal(
          await result('hosts.ini'),
          'Completed: Created: 1, updated: 0, unchanged: 0, refused: 0, passed over: 0.',
        )
        for (const file of ['leads-out', '../../etc/hostname', '/etc/hostname', '.', 'absent']) {
          assert.equal(await result(file), `Failed: The inventory ${file} is not below the directory of inventories.`)
        }
      },
      { settings: { inventoryDirectory: directory } },
    ))

  test('a try that ends half way leaves what it has imported, and the next one goes on', () =>
    inEngine(
      async ({ context, ...engine }, _standard, { kysely }) => {
        await addFolder(kysely, 'asset system\\assets')
        const runId = await startImport({ ...engine, context }, 1500)
        const controller = new AbortController()
        const lost = (): void => controller.abort(new Error('the lease is lost'))
        await assert.rejects(runSystemJob(striking(context, lost), { runId }, controller), /the lease is lost/)
        assert.equal(await countAssets(context), 1000)
        await runSystemJob(context, { runId }, new AbortController())
        assert.equal(await countAssets(context), 1500)
        assert.equal((await findRun(kysely, runId))?.status, 'Completed')
        assert.deepEqual((await textsOf(context, runId)).slice(0, 2), [
          imported(1000, 1500),
          'Created: 500, updated: 0, unchanged: 1000, refused: 0, passed over: 0.',
        ])
        const audited = kysely.selectFrom('audit_records').select('target').where('action', '=', 'asset.import')
        assert.deepEqual(
          (await audited.orderBy('at').execute()).map(({ target }) => target),
          ['1000 assets', '500 assets'],
        )
      },
      { idle: true },
    ))

  test('an abort is heeded in the middle, its run says how far it came, and the next one goes on', () =>
    inEngine(
      async ({ context, ...engine }, _standard, { kysely }) => {
        await addFolder(kysely, 'asset system\\assets')
        const runId = await startImport({ ...engine, context }, 3000)
        let asked: Promise<void> | undefined
        // Where there is one connection, it waits for the part.
        const abort = (): void => void (asked = engine.abort(runId))
        await runSystemJob(striking(context, abort), { runId }, new AbortController())
        await asked
        assert.equal((await findRun(kysely, runId))?.status, 'Aborted')
        const count = await countAssets(context)
        assert.ok(count === 1000 || count === 2000, String(count))
        assert.deepEqual((await textsOf(context, runId)).toSorted(), [
          imported(count, 3000),
          'The run was aborted by admin.',
        ])
        const next = await startImport({ ...engine, context }, 3000)
        await runSystemJob(context, { runId: next }, new AbortController())
        assert.equal(await countAssets(context), 3000)
        assert.equal(
          (await textsOf(context, next))[0],
          `Created: ${3000 - count}, updated: 0, unchanged: ${count}, refused: 0, passed over: 0.`,
        )
      },
      { idle: true },
    ))

  test('the schedule may limit a run; from then on nothing is imported', () =>
    inEngine(
      async ({ context, ...engine }, _standard, { kysely }) => {
        await addFolder(kysely, 'asset system\\assets')
        const digest = await kysely.transaction().execute((tx) => saveInventory(tx, 'host\nweb-1\n'))
        const schedule = { ...emptySchedule(Temporal.Now.instant()), endJobRunConfigured: true }
        const limited = { ...schedule, endJobRunTimeInterval: '00:00:01' }
        const job = { assetImport: { digest, groups: false }, schedule: limited }
        const runId = await engine.start(await engine.addJob(job, 'AssetImportJob'))
        await startRun(context, { runId })
        // The limits of the schedule are worked on, its import is not.
        const { 'end-run': end, 'finish-run': finish } = workerHandlers(context, 1)
        assert.ok(end !== undefined && finish !== undefined)
        await startWorking(context.queue, { 'end-run': end, 'finish-run': finish }, () => Promise.resolve())
        assert.equal((await engine.end(runId)).status, 'Timed out')
        await runSystemJob(context, { runId }, new AbortController())
        assert.deepEqual(await kysely.selectFrom('assets').selectAll().execute(), [])
        const [first] = await runMessages(kysely, [runId])
        assert.equal(first?.text, 'The run reached the time limit that its schedule sets.')
      },
      { idle: true },
    ))

  test('whoever made the job needs the permission when it runs', () =>
    inEngine(async (engine, _standard, { kysely }) => {
      await addFolder(kysely, 'asset system\\assets')
      await kysely.deleteFrom('user_folders').execute()
      const digest = await kysely.transaction().execute((tx) => saveInventory(tx, 'host\nweb-1\n'))
      const { status } = await engine.run(
        await engine.addJob({ assetImport: { digest, groups: false } }, 'AssetImportJob'),
      )
      assert.equal(status, 'Failed')
      assert.deepEqual(await kysely.selectFrom('assets').selectAll().execute(), [])
    }))
})

const url = process.env['TEST_DATABASE_URL']
const skip = url === undefined && process.env['CI'] !== 'true' ? 'TEST_DATABASE_URL names no PostgreSQL server' : false

// The embedded database has one connection: an abort is heard before a part or after it.
test('an abort ends the run of an import that waits for others, and what waited is not imported', { skip }, () =>
  engines((use) =>
    withServerDatabase(url, async (testUrl) => {
      const database = await openDatabase({ url: testUrl })
      await migrate(database.kysely, productionMigrations)
      try {
        await use(database)
      } finally {
        await database.close()
      }
    }),
  )(async (engine, _standard, { kysely }) => {
    await addFolder(kysely, 'asset system\\assets')
    const digest = await kysely.transaction().execute((tx) => saveInventory(tx, 'host\nweb-1\n'))
    const jobId = await engine.addJob({ assetImport: { digest, groups: false } }, 'AssetImportJob')
    const runId = await kysely.transaction().execute(async (tx) => {
      await sql`lock table assets in share mode`.execute(tx)
      const started = await engine.start(jobId)
      await until('the import to wait for the table', async () => {
        const { rows } = await sql`select 1 from pg_locks where not granted`.execute(kysely)
        return rows.length > 0 ? true : undefined
      })
      await engine.abort(started)
      assert.equal((await engine.end(started)).status, 'Aborted')
      return started
    })
    await until('the task of the import to end', async () => {
      const { rows } = await sql`
        select 1 from pgboss.job where name = 'system-job' and state = 'completed'`.execute(kysely)
      return rows.length > 0 ? true : undefined
    })
    assert.deepEqual(await kysely.selectFrom('assets').select('id').execute(), [])
    const texts = (await runMessages(kysely, [runId])).map(({ text }) => text)
    assert.deepEqual(texts, [imported(0, 2), 'The run was aborted by admin.'])
  }),
)
