import { spawnSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { sql } from 'kysely'
import { pino } from 'pino'
import { openDatabase } from '../packages/server/src/db/database.ts'
import type { Database } from '../packages/server/src/db/database.ts'
import { migrate, productionMigrations } from '../packages/server/src/db/migrate.ts'
import { createTestServer, withoutTestServer } from '../packages/server/src/db/testing-server.ts'
import { emptyJob } from '../packages/server/src/jobs/job-definition.ts'
import { createGraces } from '../packages/server/src/jobs/graces.ts'
import { createQueue } from '../packages/server/src/jobs/queue.ts'
import type { Queue } from '../packages/server/src/jobs/queue.ts'
import { createRunWatch } from '../packages/server/src/jobs/run-watch.ts'
import { hasEnded } from '../packages/server/src/jobs/states.ts'
import { startWorking } from '../packages/server/src/jobs/worker.ts'
import { addContent, compileContent, loadBenchmark } from '../packages/server/src/store/contents.ts'
import { findRun } from '../packages/server/src/store/runs.ts'
import { addFolder, addJob } from '../packages/server/src/store/testing.ts'
import { buryTask } from '../packages/server/src/tasks/dead-task.ts'
import { serverHandlers } from '../packages/server/src/tasks/handlers.ts'
import { createStandardLibrary } from '../packages/server/src/tasks/standards.ts'
import type { TaskContext } from '../packages/server/src/tasks/task-context.ts'
import { readContent } from '@plumbline/scap'
import { createFleet } from './lib/fleet.ts'
import type { Fleet } from './lib/fleet.ts'
import { describeUse, describeWriting, readUsed, readWritten } from './lib/counters.ts'

/**
 * Runs of a fleet whose assets play back what this machine answered once, each with facts of its own: what remains is
 * what a run costs the server. The bundled standard, profile strict. `RUN_ASSETS` names the sizes, `200` without it; each
 * size has a process, an empty database and, on PostgreSQL, a server of its own. Three runs: everything new, nothing
 * changed, three objects of each asset changed and sometimes a verdict.
 */
export function run(): void {
  for (const kind of ['embedded', 'PostgreSQL']) {
    const without = withoutTestServer()
    if (kind === 'PostgreSQL' && without !== false) process.stdout.write(`PostgreSQL: ${without}\n`)
    else for (const size of (process.env['RUN_ASSETS'] ?? '200').split(',')) measureApart(kind, size)
  }
}

/** A process has one peak of memory. */
function measureApart(kind: string, size: string): void {
  const only = process.env['RUN_KIND']
  if (only !== undefined && only !== kind) return
  const profile = process.env['RUN_PROFILE']
  const options = profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`]
  spawnSync(process.execPath, [...options, import.meta.filename, kind, size], { stdio: 'inherit' })
}

const log = pino({ level: 'error' })
const concurrency = 8

async function measure(kind: string, count: number): Promise<void> {
  const server = kind === 'PostgreSQL' ? await createTestServer() : undefined
  await server?.start()
  const database = await openDatabase({ url: server?.url, maxConnections: 20 })
  try {
    await migrate(database.kysely, productionMigrations)
    const fleet = createFleet()
    const queue = await createQueue(database, log)
    const context = taskContext(database, queue, fleet)
    const jobs = await prepare(database, count)
    await startWorking(queue, serverHandlers(context, concurrency), (task) => buryTask(context, task))
    await runToEnd(database, queue, jobs.one)
    fleet.playBack()
    for (const what of ['everything new', 'nothing changed', 'some facts changed']) {
      if (what === 'some facts changed') fleet.change()
      await sql`vacuum analyze`.execute(database.kysely)
      const written = await readWritten(database)
      const used = readUsed(server?.pid())
      const status = await runToEnd(database, queue, jobs.all)
      const lines = [describeUse(used, readUsed(server?.pid()), count)]
      lines.push(describeWriting(written, await readWritten(database), count))
      process.stdout.write(`${kind} ${count}, ${what}: ${status}\n  ${lines.join('\n  ')}\n`)
    }
    await queue.stop(1000)
    context.watch.close()
  } finally {
    await database.close()
    await server?.close()
  }
}

function taskContext(database: Database, queue: Queue, fleet: Fleet): TaskContext {
  return {
    database,
    queue,
    log,
    watch: createRunWatch(database.kysely, log),
    graces: createGraces(log),
    reporting: undefined,
    standards: createStandardLibrary((digest, benchmarkId) => loadBenchmark(database.kysely, digest, benchmarkId)),
    openSession: async ({ name }) => fleet.open(name),
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
}

async function prepare(
  { kysely: db }: Database,
  count: number,
): Promise<{ readonly one: string; readonly all: string }> {
  const folderId = await addFolder(db, 'asset system')
  const path = join(import.meta.dirname, '../content/plumbline-linux-baseline/plumbline-linux-baseline-ds.xml')
  const content = readContent({ name: 'plumbline-linux-baseline-ds.xml', data: readFileSync(path) })
  await db.transaction().execute((tx) => addContent(tx, compileContent(content), { folderId, predefined: false }))
  const standard = await db
    .selectFrom('standards')
    .select('id')
    .where('profile_id', 'like', '%strict')
    .executeTakeFirstOrThrow()
  const [recorded, groupId] = [randomUUID(), randomUUID()]
  await db
    .insertInto('asset_groups')
    .values({ id: groupId, display_name: 'All', folder_id: folderId, expression: null })
    .execute()
  await sql`
    insert into assets (id, type, display_name, folder_id, identity_key, attributes, address)
    select case place when 0 then ${recorded}::uuid else gen_random_uuid() end,
      'symc-csm-AssetSystem-Asset-Unix-Machine', 'asset-' || place, ${folderId}, place::text, '{}', '{"transport":"local"}'
    from generate_series(0, ${count}::integer) as place`.execute(db)
  await sql`
    insert into asset_group_members (group_id, asset_id)
    select ${groupId}, id from assets where id <> ${recorded}`.execute(db)
  const definition = { ...emptyJob, standards: [standard.id] }
  const job = (name: string, id: string): Promise<string> =>
    addJob(db, { name, definition: { ...definition, assetsResolutionInfo: [{ id, type: '' }] } })
  return { one: await job('One', recorded), all: await job('All', groupId) }
}

async function runToEnd({ kysely: db }: Database, queue: Queue, jobId: string): Promise<string> {
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

const [, script, kind, size] = process.argv
if (script === import.meta.filename && kind !== undefined) await measure(kind, Number(size))
