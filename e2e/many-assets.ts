import { readFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { freePort, startSshd } from '../packages/collect/src/transports/ssh/testing/sshd.ts'
import { RunningServer } from './running-server.ts'

/** What a run over many assets came to. */
export interface ManyAssets {
  readonly status: string
  /** By state, and of those that failed by reason. */
  readonly outcomes: Readonly<Record<string, number>>
  /** Connections that were open at the same time. */
  readonly mostAtOnce: number
  readonly connections: number
  readonly seconds: number
  /** CPU time of the server, in seconds. */
  readonly cpuSeconds: number
  /** Memory of the server (resident, MB) when so many assets had ended. */
  readonly memory: readonly { readonly ended: number; readonly megabytes: number }[]
}

/**
 * One worker reads `good` assets, each at an address of its own before one real SSH server, and as many more that refuse
 * the login or do not listen as are asked for. Everything it opens goes through a relay that counts.
 */
export async function scanMany(options: {
  readonly good: number
  readonly refused: number
  readonly closed: number
  readonly sessions: number
}): Promise<ManyAssets> {
  const sshd = await startSshd({ settings: ['MaxStartups 1000', 'MaxSessions 10'] })
  const counter = await startCounter(sshd.port)
  const closedPort = await freePort()
  const server = await RunningServer.start({
    environment: {
      PLUMBLINE_CONCURRENCY: String(options.sessions),
      PLUMBLINE_UNKNOWN_HOST_KEYS: 'accept-new',
      PLUMBLINE_LOG_LEVEL: 'fatal',
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
      ...rows.map((row) => `${row};all-of-them,${row.startsWith('refused') ? 'Refused' : ''}`),
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
    const [group] = (
      (await call('GET', '/ccs/api/v1/AssetGroup?Attributes=(displayName = all-of-them)')) as {
        assetGroupDataList: { Id: string }[]
      }
    ).assetGroupDataList
    const { standardDataList } = (await call('GET', '/ccs/api/v1/Standards?Attributes=(displayName = *)')) as {
      standardDataList: { Id: string; DisplayName: string }[]
    }
    await firstRunEnded(call)
    const began = performance.now()
    const cpuBefore = cpuSecondsOf(server.pid)
    const job = (await call('POST', '/ccs/api/v1/jobs', {
      JobType: 'CollectionEvaluationJob',
      JobDetails: {
        JobName: 'Many assets',
        AssetsResolutionInfo: [{ Id: group?.Id, Type: '' }],
        Standards: [standardDataList.find(({ DisplayName }) => /essential/i.test(DisplayName))?.Id],
        Schedule: { RunNow: true },
      },
    })) as { JobID: string }
    const memory: { ended: number; megabytes: number }[] = []
    for (;;) {
      await new Promise((resolve) => setTimeout(resolve, 500))
      const [latest] = (await call('GET', `/ccs/api/v1/jobs/${job.JobID}/jobruns?count=1`)) as { JobRunID: string }[]
      const run = (await call('GET', `/api/v1/runs/${latest?.JobRunID}?limit=1000`)) as {
        status: string
        counts: Record<string, number>
        assets: { state: string; reason: string | null }[]
      }
      const ended = (run.counts['completed'] ?? 0) + (run.counts['failed'] ?? 0)
      if (ended > (memory.at(-1)?.ended ?? 0)) memory.push({ ended, megabytes: megabytesOf(server.pid) })
      if (['Queued', 'Executing', 'Scheduled'].includes(run.status)) continue
      const outcomes: Record<string, number> = {}
      for (const { state, reason } of run.assets) {
        const name = reason === null ? state : `${state}: ${reason}`
        outcomes[name] = (outcomes[name] ?? 0) + 1
      }
      return {
        status: run.status,
        outcomes,
        mostAtOnce: counter.most(),
        connections: counter.all(),
        seconds: (performance.now() - began) / 1000,
        cpuSeconds: cpuSecondsOf(server.pid) - cpuBefore,
        memory,
      }
    }
  } finally {
    await server.remove()
    counter.stop()
    sshd.stop()
  }
}

/** The job of the first start takes a place of its own; it is not what is looked at. */
async function firstRunEnded(call: (method: string, path: string) => Promise<unknown>): Promise<void> {
  for (const end = Date.now() + 120_000; Date.now() < end;) {
    const job = (await call('GET', '/ccs/api/v1/jobs?jobname=Check+this+machine')) as { LastRunStatus: string }
    if (job.LastRunStatus.startsWith('Completed')) return
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error('the first run did not end')
}

interface Counter {
  readonly port: number
  most(): number
  all(): number
  stop(): void
}

async function startCounter(to: number): Promise<Counter> {
  let [open, most, all] = [0, 0, 0]
  const server = createServer((near) => {
    let isOpen = true
    const ended = (): void => {
      if (isOpen) open -= 1
      isOpen = false
    }
    open += 1
    all += 1
    // The end of another connection may have come before this one, and be told after it.
    setImmediate(() => setImmediate(() => (most = Math.max(most, open))))
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
