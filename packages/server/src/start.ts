import { join } from 'node:path'
import type { AddressInfo } from 'node:net'
import type { FastifyInstance } from 'fastify'
import { openAsides } from '@plumbline/collect'
import { buildApp } from './app.ts'
import { loadCertificate } from './certificate.ts'
import type { Config } from './config.ts'
import type { Context } from './context.ts'
import { openDatabase, type Database } from './db/database.ts'
import { DatabaseError } from './db/database-error.ts'
import { migrate, productionMigrations } from './db/migrate.ts'
import { whenDatabaseIsThere } from './db/starting-database.ts'
import { prepareStore, type FirstStart } from './first-start.ts'
import { createAlarm } from './jobs/alarm.ts'
import { startDispatcher } from './jobs/dispatch.ts'
import { createGraces } from './jobs/graces.ts'
import { restoreLostTasks } from './jobs/lost-tasks.ts'
import { createQueue, type Queue } from './jobs/queue.ts'
import { executingRuns } from './jobs/run-transitions.ts'
import { createRunWatch } from './jobs/run-watch.ts'
import { startWorking } from './jobs/worker.ts'
import type { TaskHandlers } from './jobs/worker.ts'
import { createLog, type Log } from './log.ts'
import { createMeters } from './meters.ts'
import { operations } from './operations.ts'
import { aliveOperation, healthOperation, readyOperation } from './routes/server/health.ts'
import { metricsOperation } from './routes/server/metrics.ts'
import { createReporting, type Reporting } from './reporting/reporting.ts'
import { followRotations, onlineRotation } from './rotate-online.ts'
import { sealAudit } from './store/audit.ts'
import { loadBenchmark } from './store/contents.ts'
import { recordInstallation } from './store/installation.ts'
import { purgeTokens } from './store/tokens.ts'
import { buryTask } from './tasks/dead-task.ts'
import { serverHandlers, workerHandlers } from './tasks/handlers.ts'
import { ownInstallation } from './tasks/installation.ts'
import { sessionOpener } from './tasks/open-session.ts'
import { assetProbe } from './tasks/probe-asset.ts'
import { createStandardLibrary } from './tasks/standards.ts'
import type { OpenSession, TaskContext } from './tasks/task-context.ts'
import { notificationTrial } from './tasks/try-notification.ts'
import { createVault, loadMasterKey, loadNextKey, type Vault } from './vault.ts'

export interface Server {
  readonly url: string
  readonly fingerprint: string
  readonly firstStart: FirstStart
  readonly context: Context
  /** Takes no more requests, ends or hands over its tasks, closes the databases; within ten seconds. */
  close(): Promise<void>
}

/** What somebody who starts this from a program of their own may put in the place of ours; no setting does. */
export interface Parts {
  readonly openSession?: OpenSession
}

/** Everything in one process: API, scheduler and a worker. */
export async function startServer(config: Config, parts: Parts = {}): Promise<Server> {
  const log = createLog(config.logLevel)
  const certificate = await loadCertificate(config)
  const { database, queue } = await openProduction(config, log)
  const context = contextOf(config, database, queue, log)
  const app = buildApp(context, operations, certificate)
  try {
    const url = await listen(app, config.host, config.port)
    const firstStart = await database.alone(() => prepareStore(context))
    const tasks = tasksOf(context, config.publicUrl ?? url, parts)
    await recordInstallation(database.kysely, ownInstallation(tasks))
    const worker = await work(tasks, serverHandlers(tasks, config.concurrency), context.vault)
    // What an outage left behind does not wait for the next run.
    if (context.reporting !== undefined) {
      await database.kysely.transaction().execute((tx) => queue.enqueue(tx, 'synchronise', {}, { key: 'reporting' }))
    }
    const dispatcher = startDispatcher(database, queue, config.timeZone, log, context.alarm)
    const housekeeping = keepHouse(context)
    return {
      url,
      fingerprint: certificate.fingerprint,
      firstStart,
      context,
      async close() {
        await dispatcher.stop()
        await Promise.all([endRequests(app), worker.close()])
        // After the last request, whose audit record it seals.
        await housekeeping.stop()
        await database.close()
      },
    }
  } catch (error) {
    // A port that is taken, for instance. What is open would keep the process, and its databases, for ever.
    await endRequests(app)
    await queue.stop(0)
    await database.close()
    throw error
  }
}

const requestGraceMs = 3000

/** A client that sends its request for minutes, or hardly reads its answer, does not keep the server from ending. */
async function endRequests(app: FastifyInstance): Promise<void> {
  const cut = setTimeout(() => app.server.closeAllConnections(), requestGraceMs)
  await app.close()
  clearTimeout(cut)
}

export interface Worker {
  /** Where it answers who watches it; undefined unless it was given a port. */
  readonly url: string | undefined
  close(): Promise<void>
}

/** One more worker beside servers on the same database. */
export async function startWorker(config: Config, parts: Parts = {}): Promise<Worker> {
  if (config.databaseUrl === undefined) {
    throw new DatabaseError(
      'database-unreachable',
      'a worker shares the PostgreSQL database of its server; name it with --database-url or DATABASE_URL',
    )
  }
  const log = createLog(config.logLevel)
  const { database, queue } = await openProduction(config, log)
  const publicUrl = config.publicUrl ?? `https://${config.host}:${config.port}`
  const context = contextOf(config, database, queue, log)
  try {
    const watched = await answerWatchers(context)
    const tasks = tasksOf(context, publicUrl, parts)
    const worker = await work(tasks, workerHandlers(tasks, config.concurrency), context.vault)
    return {
      url: watched?.url,
      async close() {
        await Promise.all([watched === undefined ? undefined : endRequests(watched.app), worker.close()])
        await database.close()
      },
    }
  } catch (error) {
    // As with a server: a port that is taken, for instance.
    await queue.stop(0)
    await database.close()
    throw error
  }
}

/** What a worker answers, where it is told to listen: health and figures, nothing of what is kept. */
async function answerWatchers(
  context: Context,
): Promise<{ readonly app: FastifyInstance; readonly url: string } | undefined> {
  const { config } = context
  if (config.workerPort === undefined) return undefined
  const certificate = await loadCertificate(config)
  const app = buildApp(context, [aliveOperation, readyOperation, healthOperation, metricsOperation], certificate)
  return { app, url: await listen(app, config.host, config.workerPort) }
}

async function listen(app: FastifyInstance, host: string, port: number): Promise<string> {
  await app.listen({ host, port })
  const { port: taken } = app.server.address() as AddressInfo
  return `https://${host.includes(':') ? `[${host}]` : host}:${taken}`
}

function contextOf(config: Config, database: Database, queue: Queue, log: Log): Context {
  const [key, next] = [loadMasterKey(config), loadNextKey(config)]
  const vault = createVault(key, ...(next === undefined ? [] : [next]))
  const probeAsset = assetProbe({
    database,
    openSession: sessionOpener({ database, vault, settings: config }),
    standards: createStandardLibrary((digest, benchmarkId) => loadBenchmark(database.kysely, digest, benchmarkId)),
  })
  const reporting = configuredReporting(config, database, log)
  const tryNotification = notificationTrial(config)
  const [alarm, meters] = [createAlarm(), createMeters()]
  const rotateMasterKey = onlineRotation({ config, database, vault })
  return { config, database, queue, alarm, log, vault, rotateMasterKey, probeAsset, tryNotification, meters, reporting }
}

interface Production {
  readonly database: Database
  readonly queue: Queue
}

function openProduction(config: Config, log: Log): Promise<Production> {
  const open = () => openPrepared(config, log)
  return config.databaseUrl === undefined ? open() : whenDatabaseIsThere(open, config.databaseWaitSeconds, log)
}

async function openPrepared(config: Config, log: Log): Promise<Production> {
  const database = await openDatabase({
    url: config.databaseUrl,
    folder: join(config.dataDirectory, 'production'),
    log,
    maxConnections: 20,
  })
  try {
    // The queue's library makes its own tables too, and two of it at once on an empty database fail.
    const queue = await database.alone(async () => {
      await migrate(database.kysely, productionMigrations)
      return createQueue(database, log)
    })
    return { database, queue }
  } catch (error) {
    await database.close()
    throw error
  }
}

function tasksOf(context: Context, publicUrl: string, parts: Parts): TaskContext {
  const { config, database, queue, log, reporting, vault } = context
  return {
    database,
    queue,
    log,
    watch: createRunWatch(database.kysely, log),
    graces: createGraces(log),
    reporting,
    openSession:
      parts.openSession ??
      sessionOpener({ database, vault, settings: config, asides: openAsides(config.maxSessions - config.concurrency) }),
    standards: createStandardLibrary((digest, benchmarkId) => loadBenchmark(database.kysely, digest, benchmarkId)),
    settings: { ...config, publicUrl },
  }
}

/** Takes tasks off the queue until it is closed. */
async function work(tasks: TaskContext, handlers: TaskHandlers, vault: Vault): Promise<{ close(): Promise<void> }> {
  const { database, log, queue, watch, graces, reporting } = tasks
  const rotations = await followRotations(database, vault, log)
  await startWorking(queue, handlers, (task, attempt) => buryTask(tasks, task, attempt))
  return {
    async close() {
      await queue.stop()
      watch.close()
      await graces.close()
      await rotations.stop()
      await reporting?.close()
    },
  }
}

/** An embedded reporting database belongs to one process, so it goes with an embedded production store only. */
function configuredReporting(config: Config, database: Database, log: Log): Reporting | undefined {
  if (config.reportingDatabaseUrl !== undefined) return createReporting({ url: config.reportingDatabaseUrl, log })
  if (database.kind === 'server') return undefined
  return createReporting({ folder: join(config.dataDirectory, 'reporting'), log })
}

const sealMs = 1000
const restoreTasksMs = 60 * 1000
const maintainMs = 10 * 60 * 1000

/**
 * What must be done again and again: the audit chain each second, lost tasks at once and each minute, space and old tokens
 * each ten minutes.
 */
function keepHouse({ database, queue, log, reporting }: Context): { stop(): Promise<void> } {
  let last: Promise<unknown> = Promise.resolve()
  const act = (what: string, work: () => Promise<unknown>): void => {
    last = last.then(work).catch((error: unknown) => log.error({ err: error }, `${what} failed`))
  }
  const every = (ms: number, what: string, work: () => Promise<unknown>): NodeJS.Timeout =>
    setInterval(() => act(what, work), ms)
  const restoreTasks = async (): Promise<void> => {
    const restored = await restoreLostTasks(database, queue)
    if (restored.runs + restored.notifications > 0) log.warn(restored, 'lost tasks of the queue were made again')
  }
  act('making lost tasks again', restoreTasks)
  const stopping = new AbortController()
  const timers = [
    every(restoreTasksMs, 'making lost tasks again', restoreTasks),
    every(sealMs, 'sealing the audit trail', () => sealAudit(database.kysely)),
    every(maintainMs, 'maintaining the database', async () => {
      await purgeTokens(database.kysely)
      await database.maintain({ signal: stopping.signal, busy: executingRuns })
      await reporting?.maintain({ signal: stopping.signal })
    }),
  ]
  return {
    async stop() {
      for (const timer of timers) clearInterval(timer)
      stopping.abort()
      await last
      await sealAudit(database.kysely)
    },
  }
}
