import { TransportError } from '../../errors.ts'
import { parseProcessStat, parseProcessStatus } from '../../parsers/proc-status.ts'
import { parseSockets, type Socket } from '../../parsers/proc-net.ts'
import type { Session } from '../../session.ts'
import { defineTestType } from '../../test-type.ts'

const tables = [
  ['tcp', 'tcp'],
  ['tcp6', 'tcp'],
  ['udp', 'udp'],
  ['udp6', 'udp'],
] as const

const listening = 10
const unconnected = 7

/** Open ports and who serves them: the linux `inetlisteningservers_test`. */
export const inetlisteningservers = defineTestType({
  family: 'linux',
  name: 'inetlisteningservers',
  description: 'Ports on which the asset listens, with the process that does.',
  object: ['protocol', 'local_address', 'local_port'],
  item: {
    protocol: 'string',
    local_address: 'string',
    local_port: 'int',
    local_full_address: 'string',
    program_name: 'string',
    foreign_address: 'string',
    foreign_port: 'int',
    foreign_full_address: 'string',
    pid: 'int',
    user_id: 'int',
  },

  async collect(session, { object }) {
    if (!session.canRun) {
      throw new TransportError(
        'not-possible-offline',
        `open ports of ${session.asset} are not known: it is not running`,
      )
    }
    const sockets = await listeningSockets(session)
    const wanted = sockets.filter(
      ({ protocol, localAddress, localPort }) =>
        object.protocol.matches(protocol) &&
        object.local_address.matches(localAddress) &&
        object.local_port.matches(String(localPort)),
    )
    const owners = wanted.length === 0 ? new Map<string, Owner>() : await socketOwners(session)
    return wanted.map((socket) => {
      const owner = owners.get(socket.inode)
      return {
        protocol: socket.protocol,
        local_address: socket.localAddress,
        local_port: BigInt(socket.localPort),
        local_full_address: `${socket.localAddress}:${socket.localPort}`,
        foreign_address: socket.foreignAddress,
        foreign_port: BigInt(socket.foreignPort),
        foreign_full_address: `${socket.foreignAddress}:${socket.foreignPort}`,
        ...(owner === undefined
          ? {}
          : { program_name: owner.program, pid: BigInt(owner.pid), user_id: BigInt(owner.userId) }),
      }
    })
  },
})

function listeningSockets(session: Session): Promise<(Socket & { readonly protocol: string })[]> {
  return session.once('listening sockets', async () => {
    const each = await Promise.all(
      tables.map(async ([file, protocol]) => {
        // The table is missing where the kernel has no IPv6.
        const text = await session.readText(`/proc/net/${file}`)
        return parseSockets(text ?? '')
          .filter(({ state }) => state === (protocol === 'tcp' ? listening : unconnected))
          .map((socket) => ({ ...socket, protocol }))
      }),
    )
    return each.flat()
  })
}

interface Owner {
  readonly pid: string
  readonly program: string
  readonly userId: number
}

/** Socket inode → the process that has it open. Without the right to look, a socket has no known owner. */
function socketOwners(session: Session): Promise<Map<string, Owner>> {
  return session.once('socket owners', async () => {
    const owners = new Map<string, Owner>()
    const processes = ((await session.list('/proc')) ?? []).map(({ name }) => name).filter((name) => /^\d+$/.test(name))
    await Promise.all(
      processes.map(async (pid) => {
        const files = await session.list(`/proc/${pid}/fd`).catch(() => undefined)
        const links = await Promise.all(
          (files ?? []).map(({ name }) => session.readLink(`/proc/${pid}/fd/${name}`).catch(() => undefined)),
        )
        const inodes = links.flatMap((link) => /^socket:\[(\d+)\]$/.exec(link ?? '')?.[1] ?? [])
        if (inodes.length === 0) return
        const [stat, status] = await Promise.all([
          session.readText(`/proc/${pid}/stat`),
          session.readText(`/proc/${pid}/status`),
        ])
        const program = parseProcessStat(stat ?? '')?.command
        if (program === undefined) return
        const userId = parseProcessStatus(status ?? '').userIds[1] ?? -1
        for (const inode of inodes) if (!owners.has(inode)) owners.set(inode, { pid, program, userId })
      }),
    )
    return owners
  })
}
