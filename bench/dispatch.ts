import { readFileSync } from 'node:fs'
import { pino } from 'pino'
import { sql } from 'kysely'
import { Temporal } from 'temporal-polyfill'
import { openLocalSession } from '@plumbline/collect'
import type { Session } from '@plumbline/collect'
import { openDatabase } from '../packages/server/src/db/database.ts'
import type { Database } from '../packages/server/src/db/database.ts'
import { migrate, productionMigrations } from '../packages/server/src/db/migrate.ts'
import { withServerDatabase } from '../packages/server/src/db/testing.ts'
import { startDispatcher } from '../packages/server/src/jobs/dispatch.ts'
import { emptyJob, emptySchedule } from '../packages/server/src/jobs/job-definition.ts'
import { createGraces } from '../packages/server/src/jobs/graces.ts'
import { createQueue } from '../packages/server/src/jobs/queue.ts'
import { createRunWatch } from '../packages/server/src/jobs/run-watch.ts'
import { startWorking } from '../packages/server/src/jobs/worker.ts'
import { addFolder, addStandardRow } from '../packages/server/src/store/testing.ts'
import { buryTask } from '../packages/server/src/tasks/dead-task.ts'
import { serverHandlers } from '../packages/server/src/tasks/handlers.ts'
import { createStandardLibrary } from '../packages/server/src/tasks/standards.ts'
import type { TaskContext } from '../packages/server/src/tasks/task-context.ts'
import { makeTestStandard } from '../packages/server/src/tasks/testing.ts'
import type { TestStandard } from '../packages/server/src/tasks/testing.ts'

/**
 * `DISPATCH_JOBS` jobs (10,000), all due at the same moment, each with an asset of its own that answers from a recording,
 * on the PostgreSQL server that TEST_DATABASE_URL names, or else on an embedded database in memory, dispatcher and worker
 * in this process as `serve` has them. Printed: how long after that moment their
 * runs were made, had started and had ended, and how many assets were asked in the busiest second. Fails where the last
 * started later than a minute after. With
 * `DISPATCH_UNTIL=started` it does not wait for the ends.
 */
export async function run(): Promise<void> {
  const jobs = Number(process.env['DISPATCH_JOBS'] ?? 10_000)
  const standard = makeTestStandard()
  standard.write('mode = strict\n')
  try {
    const url = process.env['TEST_DATABASE_URL']
    process.stdout.write(url === undefined ? 'embedded database\n' : 'PostgreSQL\n')
    if (url === undefined) await measure(undefined, standard, jobs)
    else await withServerDatabase(url, (testUrl) => measure(testUrl, standard, jobs))
  } finally {
    standard.remove()
  }
}

const log = pino({ level: 'error' })
const jitter = 30

async function measure(url: string | undefined, standard: TestStandard, jobs: number): Promise<void> {
  const database = await openDatabase({ url, maxConnections: 20 })
  const { kysely: db } = database
  try {
    await migrate(db, productionMigrations)
    const dueAt = await addJobs(database, standard, jobs)
    const queue = await createQueue(database, log)
    const watch = createRunWatch(db, log)
    const replay = recording()
    const context: TaskContext = {
      database,
      queue,
      log,
      watch,
      graces: createGraces(log),
      reporting: undefined,
      standards: createStandardLibrary(async () => ({ content: standard.content, bytes: 1 })),
      openSession: async ({ name }) => replay(name),
      settings: {
        timeZone: 'UTC',
        smtpUrl: undefined,
        mailFrom: undefined,
        webhookUrl: undefined,
        webhookSecret: undefined,
        publicUrl: 'https://localhost',
        jitterSeconds: jitter,
        assetTimeoutSeconds: 600,
        retentionDays: 180,
        retentionRuns: 1000,
      },
    }
    await startWorking(queue, serverHandlers(context, 16), (task) => buryTask(context, task))
    const [cpu, serverCpu] = [process.cpuUsage(), await serverCpuSeconds(database)]
    const dispatcher = startDispatcher(database, queue, 'UTC', log)
    await until(database, 'started_at', jobs, dueAt)
    const { user, system } = process.cpuUsage(cpu)
    const server = (await serverCpuSeconds(database)) - serverCpu
    const seconds = ((Date.now() - Date.parse(dueAt)) / 1000).toFixed(1)
    process.stdout.write(
      `all started ${seconds} s after they were due: ${((user + system) / 1e6).toFixed(1)} s of processor here` +
        `${database.kind === 'server' ? `, ${server.toFixed(1)} s in PostgreSQL` : ''}\n`,
    )
    // They are due in one minute, and are to start in it.
    if (Number(seconds) > 60) process.exitCode = 1
    if (process.env['DISPATCH_UNTIL'] !== 'started') await until(database, 'ended_at', jobs, dueAt)
    await dispatcher.stop()
    await queue.stop(1000)
    watch.close()
    await print(database, dueAt)
  } finally {
    await database.close()
  }
}

/** In a few statements, all due so soon that the queue is ready by then. */
async function addJobs({ kysely: db }: Database, standard: TestStandard, count: number): Promise<string> {
  const folderId = await addFolder(db, 'asset system')
  const { id: standardId } = await addStandardRow(db, folderId, { title: 'Small', ruleCount: 2 })
  await sql`update standards set benchmark_id = ${standard.content.benchmark.id}, profile_id = null`.execute(db)
  await sql`
    with account as (
      insert into users (id, name, name_key, password_hash) values (gen_random_uuid(), 'bench', 'bench', '') returning id)
    insert into user_folders (user_id, folder_id) select id, ${folderId} from account`.execute(db)
  const dueAt = new Date(Date.now() + 10_000 + count).toISOString()
  const schedule = { ...emptySchedule(Temporal.Now.instant()), runPeriodically: true, startDate: dueAt, repeatDays: 1 }
  const definition = JSON.stringify({ ...emptyJob, schedule, standards: [standardId] })
  await sql`
    insert into assets (id, type, display_name, folder_id, identity_key, attributes, address)
    select gen_random_uuid(), 'symc-csm-AssetSystem-Asset-Unix-Machine', 'asset-' || n, ${folderId}, 'asset-' || n,
      '{}', '{"transport":"local"}'
    from generate_series(1, ${count}) as n`.execute(db)
  await sql`
    insert into jobs (id, name, name_key, type, category, definition, created_by, next_run_at)
    select gen_random_uuid(), display_name, display_name, 'CollectionEvaluationJob', 'User-defined',
      ${definition}::jsonb || jsonb_build_object(
        'assetsResolutionInfo', jsonb_build_array(jsonb_build_object('id', id, 'type', ''))), 'bench', ${dueAt}
    from assets`.execute(db)
  await sql`vacuum analyze`.execute(db)
  return dueAt
}

const limitMs = 5 * 60_000

async function until(
  { kysely: db }: Database,
  moment: 'ended_at' | 'started_at',
  jobs: number,
  dueAt: string,
): Promise<void> {
  for (const end = Date.parse(dueAt) + limitMs; Date.now() < end;) {
    const { rows } = await sql<{ count: number }>`
      select count(*)::integer as count from job_runs where ${sql.ref(moment)} is not null`.execute(db)
    if (rows[0]?.count === jobs) return
    await new Promise((resolve) => setTimeout(resolve, 500))
  }
  process.stdout.write(`not all runs have their ${moment} after ${limitMs / 1000} s\n`)
}

/** What the server's processes for this database have used so far, where the server is on this machine. */
async function serverCpuSeconds({ kind, kysely: db }: Database): Promise<number> {
  if (kind === 'embedded') return 0
  const { rows } = await sql<{ pid: number }>`
    select pid from pg_stat_activity where datname = current_database()`.execute(db)
  let ticks = 0
  for (const { pid } of rows) {
    try {
      const [, ...fields] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')
      const [utime = 0, stime = 0] = fields.join(') ').split(' ').slice(11, 13).map(Number)
      ticks += utime + stime
    } catch {
      // It has ended, or is on another machine.
    }
  }
  return ticks / 100
}

async function print({ kysely: db }: Database, dueAt: string): Promise<void> {
  const { rows } = await sql<Record<string, number | string>>`
    select what, count(seconds)::integer as count, percentile_cont(array[0, 0.5, 0.95, 1]) within group (order by seconds) as at
    from job_runs cross join lateral (values
      ('made', extract(epoch from queued_at - ${dueAt}::timestamptz)),
      ('started', extract(epoch from started_at - ${dueAt}::timestamptz)),
      ('ended', extract(epoch from ended_at - ${dueAt}::timestamptz))) as moments (what, seconds)
    group by what order by max(seconds)`.execute(db)
  for (const { what, count, at } of rows) {
    // Null where there is no such moment yet.
    const [first = 0, median = 0, most = 0, last = 0] = (at as unknown as number[] | null) ?? []
    const seconds = [first, median, most, last].map((one) => `${one.toFixed(1)} s`)
    process.stdout.write(
      `${String(what).padEnd(9)}${count} runs: the first after ${seconds[0]}, half ${seconds[1]}, 95 % ${seconds[2]}, all ${seconds[3]}\n`,
    )
  }
  const busiest = await sql<{ most: number | null; seconds: number }>`
    select max(count)::integer as most, count(*)::integer as seconds
    from (select count(*) from run_assets where started_at is not null
      group by date_trunc('second', started_at)) as by_second`.execute(db)
  if (busiest.rows[0]?.most === null) return
  process.stdout.write(
    `assets asked: ${busiest.rows[0]?.most} in the busiest of ${busiest.rows[0]?.seconds} seconds (jitter up to ${jitter} s)\n`,
  )
}

/** Asks this machine each question once, and gives every asset its answer. */
function recording(): (asset: string) => Session {
  const session = openLocalSession()
  const answers = new Map<string, Promise<unknown>>()
  const remember = <Value>(key: string, ask: () => Promise<Value>): Promise<Value> => {
    const answer = answers.get(key) ?? ask()
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
