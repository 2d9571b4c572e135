import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo, Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import { slowness } from '../../packages/collect/src/testing/slowness.ts'
import { openDatabase } from '../../packages/server/src/db/database.ts'
import type { ReportingTables } from '../../packages/server/src/reporting/schema.ts'
import { SmallDisk } from '../small-disk.ts'
import { Client, unixMachine } from './client.ts'
import { SteppedClock } from './clock.ts'
import type { World } from './client.ts'
import { benchmarkXml } from './content.ts'
import { Deployment } from './deployment.ts'
import { Faults } from './faults.ts'
import { checkInvariants, repeatingJobs, timeZone } from './invariants.ts'
import type { Findings } from './findings.ts'
import { Ledger } from './ledger.ts'
import { MailServer } from './mail-server.ts'
import { PostgresCluster } from './postgres.ts'
import { Random } from './random.ts'

export interface StormOptions {
  readonly database: 'embedded' | 'postgres'
  readonly kills: number
  readonly seed: number
  readonly say: (line: string) => void
  /** Without the assets that take long to fail, and with occurrences that are due at once: for every change. */
  readonly isShort?: boolean
}

/** How long nothing may come to its end when the faults are over, and not everything has. */
const settleMs = 120_000
/** A mail that was refused four times in a row is tried again after eight minutes. */
const settleMailMs = 600_000

/** More than an embedded database comes to in a storm. */
const diskMegabytes = 4000

/** The longest that `serve` and `worker` may take to stop. */
const stopLimitMs = 10_000

/**
 * Clients write without pause, schedules come due, runs go on and mail goes out, while processes are killed at any point
 * of it and the database goes away under them. Then the faults end, everything comes to rest, and it is counted.
 */
export async function storm(options: StormOptions): Promise<Findings> {
  const { database, kills, seed, say } = options
  const random = new Random(seed)
  const disk = database === 'embedded' ? SmallDisk.mount(diskMegabytes) : undefined
  const folder = disk?.folder ?? mkdtempSync(join(tmpdir(), 'plumbline-faults-'))
  const mail = await MailServer.start()
  const silent = await listenInSilence()
  // The embedded database has the clock of its process.
  const clocks = database === 'postgres' ? [new SteppedClock(), new SteppedClock()] : [new SteppedClock()]
  const [clock = new SteppedClock(), ofProcesses = clock] = clocks
  const cluster = database === 'postgres' ? await startCluster(clock) : undefined
  const deployment = new Deployment(
    {
      dataDirectory: folder,
      ...(cluster === undefined ? {} : { databaseUrl: cluster.url }),
      environment: {
        PLUMBLINE_SMTP_URL: mail.url,
        PLUMBLINE_CONNECT_TIMEOUT_SECONDS: '1',
        PLUMBLINE_LOG_LEVEL: 'warn',
        PLUMBLINE_TIME_ZONE: timeZone,
        ...ofProcesses.environment,
        ...(cluster === undefined ? {} : { REPORTING_DATABASE_URL: reportingUrl(cluster) }),
      },
    },
    cluster === undefined ? { servers: 1, workers: 0 } : { servers: 2, workers: 1 },
  )
  const faults = new Faults(
    deployment,
    { cluster, disk },
    SteppedClock.library === undefined ? [] : clocks,
    random.fork(),
  )
  try {
    deployment.start()
    // The first start, migrations and all, is a point like any other.
    for (let early = 0; early < Math.min(5, kills / 10); early += 1) await faults.kill(50, 2500)
    await deployment.ready()
    const ledger = new Ledger()
    const world = await makeWorld(deployment, silent, clock, options.isShort === true)
    const over = new AbortController()
    const clients = ['a', 'b', 'c'].map((name) =>
      new Client(name, deployment, world, ledger, random.fork()).work(over.signal),
    )
    for (let said = 0; faults.kills < kills;) {
      mail.answerAfterMs = random.between(0, 400)
      await faults.strike()
      if (faults.kills - said < 20) continue
      said = faults.kills
      say(`${faults.kills} kills, ${[...ledger.acknowledged.values()].reduce((sum, one) => sum + one, 0)} writes`)
    }
    await faults.loseMail(mail, options.isShort === true)
    over.abort()
    await Promise.all(clients)
    mail.answerAfterMs = 0
    await deployment.ready()
    const dues = ledger.things.map(({ dueAt }) => Date.parse(dueAt ?? '') || 0)
    // Others were made when the clock was ahead.
    const sinceLastDue = () => clock.now - Math.max(...dues.filter((due) => due < clock.now + 120_000))
    await nothingOverdue(deployment)
    // The last look for what is due may be that long ago.
    const until = clock.now - 15_000
    const unsettled = await settle(deployment, sinceLastDue, settleMs)
    const stops = await deployment.stop()
    const slowest = Math.max(...stops.map(({ ms }) => ms))
    const stored = await openDatabase(
      cluster === undefined ? { folder: join(folder, 'production') } : { url: cluster.url },
    )
    const reporting = await openDatabase<ReportingTables>(
      cluster === undefined ? { folder: join(folder, 'reporting') } : { url: reportingUrl(cluster) },
    )
    const outside = { mails: mail.received, now: clock.now, until }
    const { counts, violations } = await checkAll(stored, reporting, ledger, outside)
    return {
      counts: {
        'processes killed': faults.kills,
        'processes started': deployment.starts,
        'crashes of the database': faults.crashes,
        'database connections cut': faults.cuts,
        'times that the disk was full': faults.fullDisks,
        'steps of a clock': clocks.reduce((sum, { steps }) => sum + steps, 0),
        'mails refused by their server': mail.refused,
        ...counts,
        'slowest stop, ms': Math.round(slowest),
      },
      violations: [
        ...violations,
        ...deployment.crashes,
        ...unsettled,
        ...stops
          .filter(({ code, ms }) => code !== 0 || ms > stopLimitMs * slowness())
          .map(({ role, code, ms }) => `the ${role} stopped with ${code} after ${Math.round(ms)} ms`),
      ],
    }
  } finally {
    await deployment.kill()
    await mail.end()
    silent.close()
    await cluster?.remove()
    for (const one of clocks) one.remove()
    disk?.remove()
    rmSync(folder, { recursive: true, force: true })
  }
}

async function checkAll(...[stored, reporting, ...known]: Parameters<typeof checkInvariants>): Promise<Findings> {
  try {
    return await checkInvariants(stored, reporting, ...known)
  } finally {
    await stored.close()
    await reporting.close()
  }
}

function reportingUrl(cluster: PostgresCluster): string {
  const url = new URL(cluster.url)
  url.pathname = '/reporting'
  return url.href
}

async function startCluster(clock: SteppedClock): Promise<PostgresCluster> {
  const cluster = await PostgresCluster.start(clock.environment)
  const database = await openDatabase<object>({ url: cluster.url, maxConnections: 1 })
  await sql`create database reporting`.execute(database.kysely)
  await database.close()
  return cluster
}

/** A machine that takes connections and says nothing. */
function listenInSilence(): Promise<Server> {
  const server = createServer((socket) => socket.on('error', () => undefined))
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)))
}

/** This machine, one that is silent, one that refuses; standards of several sizes; jobs that run every minute. */
async function makeWorld(
  deployment: Deployment,
  silent: Server,
  clock: SteppedClock,
  isShort: boolean,
): Promise<World> {
  const ask = async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const answer = await deployment.send(method, path, body)
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${answer.text}`)
    return answer.body
  }
  const { port } = silent.address() as AddressInfo
  const machine = (name: string, at: number) => ({
    Type: unixMachine,
    [`${unixMachine}-HostMachine`]: name,
    [`${unixMachine}-IPAddress`]: '127.0.0.1',
    [`${unixMachine}-SSHPortNo`]: String(at),
  })
  const found = (await ask('GET', '/ccs/api/v1/Assets?Attributes=(displayName = *)')) as {
    assetDataList: { Id: string }[]
  }
  const made = (await ask('POST', '/ccs/api/v1/assets', [machine('silent', port), machine('closed', 1)])) as {
    Id: string
  }[]
  await ask('POST', '/api/v1/credentials', { name: 'all', user: 'root', password: 'x', folders: ['Asset System'] })
  await ask('POST', '/api/v1/contents?name=tiny-xccdf.xml', benchmarkXml('tiny'))
  const standards = (await ask('GET', '/ccs/api/v1/Standards?Attributes=displayName = *&SearchSubTree=True')) as {
    standardDataList: { Id: string; DisplayName: string }[]
  }
  const world = {
    assetIds: [...found.assetDataList.slice(0, 1), ...(isShort ? [] : made)].map(({ Id }) => Id),
    clock,
    dueInSeconds: isShort ? 12 : 40,
    standardIds: standards.standardDataList
      .filter(({ DisplayName }) => /Essential|Strict|Faults tiny/.test(DisplayName))
      .map(({ Id }) => Id),
    mail: { ToEmailAddress: 'ops@example.org', FromEmailAddress: 'ccs@example.org' },
  }
  if (world.standardIds.length < 3) throw new Error('the standards are not there')
  const notification = { ...world.mail, Subject: 'minutely', Body: 'Ended.' }
  // Whole seconds, as messages tell of occurrences.
  const StartDate = new Date(Math.floor(Date.now() / 1000) * 1000).toISOString()
  for (const name of repeatingJobs) {
    await ask('POST', '/ccs/api/v1/jobs', {
      JobType: 'CollectionEvaluationJob',
      JobDetails: {
        JobName: name,
        AssetsResolutionInfo: world.assetIds.slice(0, 1).map((Id) => ({ Id, Type: unixMachine })),
        Standards: world.standardIds.slice(0, 1),
        ShouldSendSuccessNotification: true,
        ShouldSendFailureNotification: true,
        SuccessNotification: notification,
        FailureNotification: notification,
        ShouldSynchronizeResults: true,
        Schedule: { RunPeriodically: true, RepeatMinutes: name === 'hourly' ? 60 : 1, StartDate },
      },
    })
  }
  return world
}

/**
 * Waits until nothing is under way or due; what still is when nothing of it has come to its end for so long is told. An
 * asset has one session at a time, so hundreds of runs may wait for one that does not answer.
 */
async function settle(deployment: Deployment, sinceLastDue: () => number, limitMs: number): Promise<string[]> {
  const idle = [
    // What is due when a clock was stepped is started at the next look of a dispatcher, which may be seconds away.
    'plumbline_overdue_seconds ',
    'plumbline_runs{',
    'plumbline_mail_waiting ',
    'plumbline_runs_to_synchronise ',
    'plumbline_audit_unsealed ',
  ]
  let open: string[] = []
  // The jobs of every minute would keep it busy for ever.
  await stopSchedules(deployment)
  let least = Infinity
  let quietMs = limitMs
  for (let since = Date.now(); Date.now() - since < quietMs;) {
    const { text } = await deployment.send('GET', '/metrics')
    open = text.split('\n').filter((line) => idle.some((name) => line.startsWith(name)) && !line.endsWith(' 0'))
    if (open.length === 0 && sinceLastDue() > 15_000) return []
    quietMs = open.every((line) => line.startsWith('plumbline_mail_waiting ')) ? settleMailMs : limitMs
    const counts = open.filter((line) => !line.includes('_seconds')).map((line) => Number(/\S+$/.exec(line)?.[0]))
    const left = counts.reduce((sum, count) => sum + count, 0)
    if (left < least) [least, since] = [left, Date.now()]
    await new Promise((resolve) => setTimeout(resolve, 500))
  }
  return open.map((line) => `nothing came to its end for ${quietMs / 1000} s, and there was left: ${line}`)
}

async function nothingOverdue(deployment: Deployment): Promise<void> {
  for (let tries = 0; tries < 60; tries += 1) {
    const { text } = await deployment.send('GET', '/metrics')
    if (/^plumbline_overdue_seconds 0$/m.test(text)) return
    await new Promise((resolve) => setTimeout(resolve, 500))
  }
}

async function stopSchedules(deployment: Deployment): Promise<void> {
  for (const name of repeatingJobs) {
    const { body } = await deployment.send('GET', `/ccs/api/v1/jobs?jobname=${encodeURIComponent(name)}`)
    const { JobID } = body as { JobID: string }
    await deployment.send('PATCH', '/ccs/api/v1/jobs/', { JobID, JobDetails: { Schedule: { RunPeriodically: false } } })
  }
}
