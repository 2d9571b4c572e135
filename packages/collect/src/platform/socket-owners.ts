import { concernsOneThing } from '../errors.ts'
import type { Session } from '../session.ts'
import { hiddenProcesses, readProcesses, type Process } from './processes.ts'

export interface SocketOwners {
  /** The process that has a socket open, by the socket's inode. */
  readonly byInode: ReadonlyMap<string, Process>
  /** Why we could not look into every process: a socket without an owner may have one. Undefined when we could. */
  readonly hidden: string | undefined
}

export function readSocketOwners(session: Session): Promise<SocketOwners> {
  return session.once('socket owners', async () => {
    const byInode = new Map<string, Process>()
    let hidden = await hiddenProcesses(session)
    const processes = await readProcesses(session)
    const each = await Promise.all(processes.map((process) => openSockets(session, process.pid)))
    for (const [at, process] of processes.entries()) {
      const inodes = each[at] ?? []
      if (typeof inodes === 'string') hidden ??= inodes
      // The one with the lowest number: a parent before the workers that share its socket.
      else for (const inode of inodes) if (!byInode.has(inode)) byInode.set(inode, process)
    }
    return { byInode, hidden }
  })
}

/** Why not, when we may not look. */
async function openSockets(session: Session, pid: string): Promise<string[] | string> {
  const folder = `/proc/${pid}/fd`
  try {
    const files = (await session.list(folder)) ?? []
    const links = await Promise.all(files.map(({ name }) => session.readLink(`${folder}/${name}`)))
    return links.flatMap((link) => /^socket:\[(\d+)\]$/.exec(link ?? '')?.[1] ?? [])
  } catch (error) {
    if (!concernsOneThing(error)) throw error
    return (await session.status(`/proc/${pid}`)) === undefined ? [] : error.message
  }
}
