import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { sql } from 'kysely'
import { pino } from 'pino'
import { openLocalSession } from '@plumbline/collect'
import type { Session } from '@plumbline/collect'
import { readContent } from '@plumbline/scap'
import { openDatabase } from '../packages/server/src/db/database.ts'
import type { Database } from '../packages/server/src/db/database.ts'
import { migrate, productionMigrations } from '../packages/server/src/db/migrate.ts'
import { withServerDatabase } from '../packages/server/src/db/testing.ts'
import { emptyJob } from '../packages/server/src/jobs/job-definition.ts'
import { createQueue } from '../packages/server/src/jobs/queue.ts'
import { createRunWatch } from '../packages/server/src/jobs/run-watch.ts'
import { hasEnded } from '../packages/server/src/jobs/states.ts'
import { startWorking } from '../packages/server/src/jobs/worker.ts'
import { addContent, compileContent, loadBenchmark } from '../packages/server/src/store/contents.ts'
import { findRun } from '../packages/server/src/store/runs.ts'
import { addAsset, addFolder, addJob } from '../packages/server/src/store/testing.ts'
import { buryTask } from '../packages/server/src/tasks/dead-task.ts'
import { taskHandlers } from '../packages/server/src/tasks/handlers.ts'
import { createStandardLibrary } from '../packages/server/src/tasks/standards.ts'
import type { TaskContext } from '../packages/server/src/tasks/task-context.ts'

/**
 * Runs of many assets that all answer like this machine did when it was asked first: what remains is what a run costs
 * the server. The bundled standard, profile strict. `RUN_ASSETS` assets, 200 without it; the second run finds nothing
 * changed. Bytes are the growth of the tables with their indexes.
 */
export async function run(): Promise<void> {
  const assets = Number(process.env['RUN_ASSETS'] ?? 200)
  await measure('embedded', {}, assets)
  const url = process.env['TEST_DATABASE_URL']
  if (url === undefined) process.stdout.write('PostgreSQL: TEST_DATABASE_URL is not set\n')
  else await withServerDatabase(url, (testUrl) => measure('PostgreSQL', { url: testUrl }, assets))
}

const log = pino({ level: 'error' })
const concurrency = 8

async function measure(kind: string, options: { readonly url?: string }, count: number): Promise<void> {
  const database = await openDatabase({ ...options, maxConnections: 20 })
  const { kysely: db } = database
  try {
    await migrate(db, productionMigrations)
    const queue = await createQueue(database, log)
    const watch = createRunWatch(db, log)
    const replay = recording()
    const context: TaskContext = {
      database,
      queue,
      log,
      watch,
      reporting: undefined,
      standards: createStandardLibrary((digest, benchmarkId) => loadBenchmark(db, digest, benchmarkId)),
      openSession: async ({ name }) => replay(name),
      settings: {
        timeZone: 'UTC',
        smtpUrl: undefined,
        mailFrom: undefined,
        webhookUrl: undefined,
        webhookSecret: undefined,
        publicUrl: 'https://localhost',
        jitterSeconds: 0,
        assetTimeoutSeconds: 600,
        retentionDays: 180,
        retentionRuns: 1000,
      },
    }
    const jobId = await prepare(database, count)
    await startWorking(queue, taskHandlers(context, concurrency), (task) => buryTask(context, task))
    for (const what of ['everything new', 'nothing changed']) {
      await sql`vacuum analyze`.execute(db)
      const [bytes, cpu, began] = [await storedBytes(database), process.cpuUsage(), performance.now()]
      const status = await runToEnd(database, queue, jobId)
      const seconds = (performance.now() - began) / 1000
      const { user, system } = process.cpuUsage(cpu)
      const grown = ((await storedBytes(database)) - bytes) / count
      process.stdout.write(
        `${kind.padEnd(12)}${what.padEnd(17)}${status}: ${count} assets in ${seconds.toFixed(1)} s, ` +
          `${(count / seconds).toFixed(0)} a second, ${((user + system) / 1000 / count).toFixed(1)} ms of processor and ` +
          `${(grown / 1024).toFixed(1)} kB an asset; ${Math.round(process.memoryUsage().rss / 2 ** 20)} MB resident\n`,
      )
    }
    await queue.stop(1000)
    watch.close()
  } finally {
    await database.close()
  }
}

async function prepare(database: Database, count: number): Promise<string> {
  const { kysely: db } = database
  const folderId = await addFolder(db, 'asset system')
  const path = join(import.meta.dirname, '../content/plumbline-linux-baseline/plumbline-linux-baseline-ds.xml')
  const content = readContent({ name: 'plumbline-linux-baseline-ds.xml', data: readFileSync(path) })
  await db.transaction().execute((tx) => addContent(tx, compileContent(content), { folderId, predefined: false }))
  const standard = await db
    .selectFrom('standards')
    .select('id')
    .where('profile_id', 'like', '%strict')
    .executeTakeFirstOrThrow()
  const groupId = randomUUID()
  await db
    .insertInto('asset_groups')
    .values({ id: groupId, display_name: 'All', folder_id: folderId, expression: null })
    .execute()
  for (let index = 0; index < count; index += 1) {
    const assetId = await addAsset(db, folderId, { name: `asset-${index}` })
    await db.insertInto('asset_group_members').values({ group_id: groupId, asset_id: assetId }).execute()
  }
  const definition = { ...emptyJob, assetsResolutionInfo: [{ id: groupId, type: '' }], standards: [standard.id] }
  return addJob(db, { name: 'Bench', definition })
}

async function runToEnd(
  { kysely: db }: Database,
  queue: Awaited<ReturnType<typeof createQueue>>,
  jobId: string,
): Promise<string> {
  const outcome = await db
    .transaction()
    .execute((tx) => queue.requestRun(tx, { id: jobId }, { trigger: 'request', requestedBy: 'bench' }))
  if ('refused' in outcome) throw new Error(outcome.refused)
  for (;;) {
    const found = await findRun(db, outcome.runId)
    if (found !== undefined && hasEnded(found.status)) return found.status
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

async function storedBytes({ kysely: db }: Database): Promise<number> {
  const { rows } = await sql<{ bytes: number }>`
    select sum(pg_total_relation_size(name::regclass))::double precision as bytes
    from unnest(array['run_assets', 'evidence', 'evidence_packs', 'results', 'result_details']) as name`.execute(db)
  return rows[0]?.bytes ?? 0
}

/** Asks this machine each question once, and gives every asset its answer. */
function recording(): (asset: string) => Session {
  const session = openLocalSession()
  const answers = new Map<string, Promise<unknown>>()
  const remember = <Value>(key: string, ask: () => Promise<Value>): Promise<Value> => {
    const answer = answers.get(key) ?? ask()
    answer.catch(() => undefined)
    answers.set(key, answer)
    // Each key is used for one type of answer.
    return answer as Promise<Value>
  }
  return (asset) => ({
    ...session,
    asset,
    once: openLocalSession().once,
    readBytes: (path) => remember(`bytes ${path}`, () => session.readBytes(path)),
    readText: (path) => remember(`text ${path}`, () => session.readText(path)),
    status: (path) => remember(`status ${path}`, () => session.status(path)),
    list: (path) => remember(`list ${path}`, () => session.list(path)),
    readLink: (path) => remember(`link ${path}`, () => session.readLink(path)),
    canonicalPath: (path) => remember(`path ${path}`, () => session.canonicalPath(path)),
    run: (command) => remember(`run ${command.join('\0')}`, () => session.run(command)),
  })
}
