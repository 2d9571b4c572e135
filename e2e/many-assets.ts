import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort, startSshd } from '../packages/collect/src/transports/ssh/testing/sshd.ts'
import { RunningServer } from './running-server.ts'

/** What a run over many assets came to. */
export interface ManyAssets {
  /** By state, and of those that failed by reason. */
  readonly outcomes: Readonly<Record<string, number>>
  /** Connections that were open at the same time, of those on which the server had begun to speak: until then it may wait aside. */
  readonly mostAtOnce: number
  readonly connections: number
  readonly seconds: number
  /** CPU time of the server, in seconds. */
  readonly cpuSeconds: number
  /** Memory of the server (resident, MB) when so many assets had ended. */
  readonly memory: readonly { readonly ended: number; readonly megabytes: number }[]
  /** What it has in use (MB, after garbage was collected) when the first half of the assets had ended, and when all had. */
  readonly used: readonly number[]
}

/**
 * One worker reads, in two runs, `good` assets, each at an address of its own before one real SSH server, and as many more that refuse
 * the login or do not listen as are asked for. Everything it opens goes through a relay that counts.
 */
export async function scanMany(options: {
  readonly good: number
  readonly refused: number
  readonly closed: number
  readonly sessions: number
  /** The embedded one without. */
  readonly databaseUrl?: string | undefined
}): Promise<ManyAssets> {
  const sshd = await startSshd({ settings: ['MaxStartups 1000', 'MaxSessions 10'] })
  const counter = await startCounter(sshd.port)
  const closedPort = await freePort()
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-heap-'))
  const heapFile = join(folder, 'heap')
  const server = await RunningServer.start({
    ...(options.databaseUrl === undefined ? {} : { databaseUrl: options.databaseUrl }),
    environment: {
      PLUMBLINE_CONCURRENCY: String(options.sessions),
      PLUMBLINE_MAX_SESSIONS: String(options.sessions),
      PLUMBLINE_UNKNOWN_HOST_KEYS: 'accept-new',
      PLUMBLINE_LOG_LEVEL: 'fatal',
      NODE_OPTIONS: `--import=${new URL('heap-on-signal.ts', import.meta.url).href}`,
      HEAP_FILE: heapFile,
    },
  })
  try {
    const call = async (method: string, path: string, body?: unknown): Promise<unknown> => {
      const answer = await server.request(method, path, body)
      if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${answer.text}`)
      return answer.body
    }
    // All of 127.0.0.0/8 is this machine.
    const address = (at: number): string =>
      `127.${100 + Math.floor(at / 60_000)}.${Math.floor(at / 250) % 240}.${(at % 250) + 1}`
    const rows = [
      ...Array.from({ length: options.good }, (_, at) => `good-${at},${address(at)},${counter.port},good`),
      ...Array.from(
        { length: options.refused },
        (_, at) => `refused-${at},${address(10_000 + at)},${counter.port},refused`,
      ),
      ...Array.from({ length: options.closed }, (_, at) => `closed-${at},${address(20_000 + at)},${closedPort},closed`),
    ]
    await call('POST', '/api/v1/folders', { path: 'Asset System\\Refused' })
    const inventory = [
      'name,host,port,groups,folder',
      ...rows.map((row, at) => `${row};${halves[at % 2]},${row.startsWith('refused') ? 'Refused' : ''}`),
    ]
    await call('POST', '/api/v1/asset-imports', { inventory: inventory.join('\n'), form: 'csv', groups: true })
    await call('POST', '/api/v1/credentials', {
      name: 'key',
      user: 'root',
      privateKey: sshd.key,
      folders: ['Asset System'],
    })
    await call('POST', '/api/v1/credentials', {
      name: 'wrong',
      user: 'root',
      password: 'x',
      folders: ['Asset System\\Refused'],
    })
    await firstRunEnded(call)
    const began = performance.now()
    const cpuBefore = cpuSecondsOf(server.pid)
    const memory: { ended: number; megabytes: number }[] = []
    const used: number[] = []
    const outcomes: Record<string, number> = {}
    for (const half of halves) {
      const before = memory.at(-1)?.ended ?? 0
      const note = (ended: number): void => {
        if (before + ended > (memory.at(-1)?.ended ?? 0)) {
          memory.push({ ended: before + ended, megabytes: megabytesOf(server.pid) })
        }
      }
      for (const outcome of await runOf(call, half, note)) outcomes[outcome] = (outcomes[outcome] ?? 0) + 1
      used.push(await settledMegabytes(server.pid, heapFile))
    }
    return {
      outcomes,
      mostAtOnce: counter.most(),
      connections: counter.all(),
      seconds: (performance.now() - began) / 1000,
      cpuSeconds: cpuSecondsOf(server.pid) - cpuBefore,
      memory,
      used,
    }
  } finally {
    await server.remove()
    counter.stop()
    sshd.stop()
    rmSync(folder, { recursive: true })
  }
}

type Call = (method: string, path: string, body?: unknown) => Promise<unknown>

const halves = ['first-half', 'second-half'] as const

/** Runs a job over the assets of a group, and answers with what became of each. */
async function runOf(call: Call, groupName: string, note: (ended: number) => void): Promise<string[]> {
  const groups = (await call('GET', `/ccs/api/v1/AssetGroup?Attributes=(displayName = ${groupName})`)) as {
    assetGroupDataList: { Id: string }[]
  }
  const { standardDataList } = (await call('GET', '/ccs/api/v1/Standards?Attributes=(displayName = *)')) as {
    standardDataList: { Id: string; DisplayName: string }[]
  }
  const job = (await call('POST', '/ccs/api/v1/jobs', {
    JobType: 'CollectionEvaluationJob',
    JobDetails: {
      JobName: `Many assets, ${groupName}`,
      AssetsResolutionInfo: groups.assetGroupDataList.map(({ Id }) => ({ Id, Type: '' })),
      Standards: [standardDataList.find(({ DisplayName }) => /essential/i.test(DisplayName))?.Id],
      Schedule: { RunNow: true },
    },
  })) as { JobID: string }
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, 500))
    const [latest] = (await call('GET', `/ccs/api/v1/jobs/${job.JobID}/jobruns?count=1`)) as { JobRunID: string }[]
    const run = (await call('GET', `/api/v1/runs/${latest?.JobRunID}?limit=1000`)) as {
      status: string
      counts: Record<string, number>
      assets: { state: string; reason: string | null }[]
    }
    note((run.counts['completed'] ?? 0) + (run.counts['failed'] ?? 0))
    if (['Queued', 'Executing', 'Scheduled'].includes(run.status)) continue
    return run.assets.map(({ state, reason }) => (reason === null ? state : `${state}: ${reason}`))
  }
}

/** The job of the first start takes a place of its own; it is not what is looked at. */
async function firstRunEnded(call: Call): Promise<void> {
  for (const end = Date.now() + 120_000; Date.now() < end;) {
    const job = (await call('GET', '/ccs/api/v1/jobs?jobname=Check+this+machine')) as { LastRunStatus: string }
    if (job.LastRunStatus.startsWith('Completed')) return
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error('the first run did not end')
}

interface Counter {
  readonly port: number
  /** Connections at the same time on which something was sent. */
  most(): number
  all(): number
  stop(): void
}

async function startCounter(to: number): Promise<Counter> {
  let [most, all] = [0, 0]
  const open = new Set<Socket>()
  const server = createServer((near) => {
    const ended = (): void => void open.delete(near)
    all += 1
    near.once('data', () => {
      open.add(near)
      // The end of another connection may have come before this one, and be told after it.
      setImmediate(() => setImmediate(() => (most = Math.max(most, open.size))))
    })
    const far = connect({ port: to, host: '127.0.0.1', noDelay: true })
    near.setNoDelay(true)
    near.on('error', () => far.destroy()).pipe(far)
    far.on('error', () => near.destroy()).pipe(near)
    near.once('end', ended).once('close', ended)
  })
  await new Promise<void>((resolve) => server.listen(0, '0.0.0.0', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    most: () => most,
    all: () => all,
    stop: () => void server.close(),
  }
}

const settledMs = 6000

/** The least, when nothing has been let go for a while: a run's end has tasks of its own, which go on after it. */
async function settledMegabytes(pid: number, file: string): Promise<number> {
  let least = Infinity
  for (let end = Infinity; performance.now() < end;) {
    const used = await usedMegabytes(pid, file)
    if (used < least - 0.5) end = performance.now() + settledMs
    least = Math.min(least, used)
    await new Promise((resolve) => setTimeout(resolve, 250))
  }
  return least
}

/** Asks `heap-on-signal.ts`. */
async function usedMegabytes(pid: number, file: string): Promise<number> {
  rmSync(file, { force: true })
  process.kill(pid, 'SIGUSR2')
  for (const end = Date.now() + 30_000; Date.now() < end;) {
    const bytes = existsSync(file) ? readFileSync(file, 'utf8') : ''
    if (bytes !== '') return Number(bytes) / 1024 / 1024
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  throw new Error('the server does not say what it uses')
}

function megabytesOf(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return Math.round(Number(kilobytes) / 1024)
}

/** User and system time, of a clock of 100 ticks. */
function cpuSecondsOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ')
  return (Number(fields[11]) + Number(fields[12])) / 100
}
