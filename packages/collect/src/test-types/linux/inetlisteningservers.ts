import { TransportError } from '../../errors.ts'
import { parseSockets, type Socket } from '../../parsers/proc-net.ts'
import { readSocketOwners, type SocketOwners } from '../../platform/socket-owners.ts'
import type { Session } from '../../session.ts'
import { defineTestType } from '../../test-type.ts'

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
    const sockets = await listeningSockets(session)
    const wanted = sockets.filter(
      ({ protocol, localAddress, localPort }) =>
        object.protocol.matches(protocol) &&
        object.local_address.matches(localAddress) &&
        object.local_port.matches(String(localPort)),
    )
    if (wanted.length === 0) return []
    const owners = await readSocketOwners(session)
    const found = wanted.map((socket) => ({
      protocol: socket.protocol,
      local_address: socket.localAddress,
      local_port: BigInt(socket.localPort),
      local_full_address: `${socket.localAddress}:${socket.localPort}`,
      foreign_address: socket.foreignAddress,
      foreign_port: BigInt(socket.foreignPort),
      foreign_full_address: `${socket.foreignAddress}:${socket.foreignPort}`,
      ...ownerOf(socket, owners),
    }))
    return {
      ...(owners.hidden === undefined ? {} : { messages: [owners.hidden] }),
      found: found.map((values) => ({ values })),
    }
  },
})

function ownerOf({ inode }: Socket, { byInode, hidden }: SocketOwners) {
  const owner = byInode.get(inode)
  if (owner !== undefined) {
    return { program_name: owner.command, pid: BigInt(owner.pid), user_id: owner.effectiveUserId }
  }
  // When we saw all processes, it is a socket of the kernel.
  const unknown = { status: hidden === undefined ? 'does not exist' : 'error' } as const
  return { program_name: unknown, pid: unknown, user_id: unknown }
}

interface ListeningSocket extends Socket {
  readonly protocol: string
}

/** TCP_LISTEN and TCP_CLOSE of the kernel's tcp_states.h: a socket of udp or raw that is connected to nobody is in the latter. */
const tables = [
  { path: '/proc/net/tcp', protocol: 'tcp', listens: 10 },
  { path: '/proc/net/tcp6', protocol: 'tcp', listens: 10 },
  { path: '/proc/net/udp', protocol: 'udp', listens: 7 },
  { path: '/proc/net/udp6', protocol: 'udp', listens: 7 },
  { path: '/proc/net/raw', protocol: 'raw', listens: 7 },
  { path: '/proc/net/raw6', protocol: 'raw', listens: 7 },
] as const

function listeningSockets(session: Session): Promise<ListeningSocket[]> {
  return session.once('listening sockets', async () => {
    if (!session.canRun) {
      const reason = `open ports of ${session.asset} are not known: it is not running`
      throw new TransportError('not-possible-offline', reason)
    }
    const each = await Promise.all(
      tables.map(async ({ path, protocol, listens }) => {
        // The tables of IPv6 are missing where the kernel has none.
        const sockets = parseSockets((await session.readText(path)) ?? '')
        return sockets.filter(({ state }) => state === listens).map((socket) => ({ ...socket, protocol }))
      }),
    )
    return each.flat()
  })
}
