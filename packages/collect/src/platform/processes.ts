import { concernsOneThing, denied, TransportError } from '../errors.ts'
import { parseProcessStat, parseProcessStatus, type ProcessStat, type ProcessStatus } from '../parsers/proc-status.ts'
import type { Session } from '../session.ts'

export interface Process extends ProcessStat, ProcessStatus {
  readonly pid: string
}

/** The processes of a running system, but for the kernel's own. Those that end while we look are not among them. */
export function readProcesses(session: Session): Promise<readonly Process[]> {
  return session.once('processes', async () => {
    const each = await Promise.all((await listProcessIds(session)).map((pid) => readProcess(session, pid)))
    return each.filter((process) => process !== undefined)
  })
}

export async function listProcessIds(session: Session): Promise<string[]> {
  if (!session.canRun) {
    throw new TransportError('not-possible-offline', `processes of ${session.asset} are not known: it is not running`)
  }
  const entries = await session.list('/proc')
  const ids = (entries ?? []).map(({ name }) => name).filter((name) => /^\d+$/.test(name))
  if (ids.length === 0) {
    throw new TransportError('input-output-error', `processes of ${session.asset} are not known: /proc is not mounted`)
  }
  return ids.sort((one, other) => Number(one) - Number(other))
}

async function readProcess(session: Session, pid: string): Promise<Process | undefined> {
  const [statText, statusText] = await Promise.all([
    readOfProcess(session, pid, 'stat'),
    readOfProcess(session, pid, 'status'),
  ])
  const stat = parseProcessStat(statText ?? '')
  const status = parseProcessStatus(statusText ?? '')
  if (stat === undefined || status === undefined || stat.isKernelThread) return undefined
  return { pid, ...stat, ...status }
}

/** A file of a process; undefined when the process has ended, which may also happen while its file is read. */
export async function readOfProcess(session: Session, pid: string, file: string): Promise<string | undefined> {
  try {
    return await session.readText(`/proc/${pid}/${file}`)
  } catch (error) {
    if (concernsOneThing(error) && (await session.status(`/proc/${pid}`)) === undefined) return undefined
    throw error
  }
}

/**
 * Why the list of processes may lack some: proc(5), `hidepid` shows other accounts' processes to the administrator alone.
 * Undefined when all are seen.
 */
export function hiddenProcesses(session: Session): Promise<string | undefined> {
  return session.once('hidden processes', async () => {
    const [mounts, own] = await Promise.all([
      session.readText('/proc/self/mounts'),
      session.readText('/proc/self/status'),
    ])
    const options = /^\S+ \/proc proc (\S+)/m.exec(mounts ?? '')?.[1]?.split(',') ?? []
    const hides = options.some((option) => /^hidepid=(?!0$|off$)/.test(option))
    if (!hides || parseProcessStatus(own ?? '')?.effectiveUserId === 0n) return undefined
    return `cannot see the processes of other accounts on ${session.asset}: ${denied}; grant sudo or use an account that may`
  })
}
