import { TransportError } from '../../errors.ts'
import { parsePacketSockets } from '../../parsers/proc-net.ts'
import { readSocketOwners } from '../../platform/socket-owners.ts'
import type { Session } from '../../session.ts'
import { defineTestType, type Found } from '../../test-type.ts'

const item = {
  interface_name: 'string',
  protocol: 'string',
  hw_address: 'string',
  program_name: 'string',
  pid: 'int',
  user_id: 'int',
} as const

/** Programs that read whole frames, as sniffers do: the linux `iflisteners_test`. */
export const iflisteners = defineTestType({
  family: 'linux',
  name: 'iflisteners',
  description: 'Programs with a packet socket that is bound to a network interface.',
  object: ['interface_name'],
  item,

  async collect(session, { object }) {
    if (!session.canRun) {
      const reason = `packet sockets of ${session.asset} are not known: it is not running`
      throw new TransportError('not-possible-offline', reason)
    }
    const [table, interfaces] = await Promise.all([session.readText('/proc/net/packet'), readInterfaces(session)])
    const sockets = parsePacketSockets(table ?? '').flatMap((socket) => {
      const bound = interfaces.get(socket.interfaceIndex)
      return bound === undefined || !object.interface_name.matches(bound.name) ? [] : [{ ...socket, ...bound }]
    })
    if (sockets.length === 0) return []
    const { byInode, hidden } = await readSocketOwners(session)
    const found = sockets.map(({ name, address, protocol, inode }): Found<typeof item> => {
      const owner = byInode.get(inode)
      const unknown = { status: hidden === undefined ? 'does not exist' : 'error' } as const
      return {
        values: {
          interface_name: name,
          protocol: etherTypes[protocol] ?? '',
          hw_address: address,
          program_name: owner?.command ?? unknown,
          pid: owner === undefined ? unknown : BigInt(owner.pid),
          user_id: owner?.effectiveUserId ?? unknown,
        },
      }
    })
    return { ...(hidden === undefined ? {} : { messages: [hidden] }), found }
  },
})

/** By the index of the interface. A socket that is bound to none has index 0. */
function readInterfaces(
  session: Session,
): Promise<ReadonlyMap<number, { readonly name: string; readonly address: string }>> {
  return session.once('interfaces by index', async () => {
    const entries = (await session.list('/sys/class/net')) ?? []
    const each = await Promise.all(
      entries.map(async ({ name }) => {
        const [index, address] = await Promise.all([
          session.readText(`/sys/class/net/${name}/ifindex`),
          session.readText(`/sys/class/net/${name}/address`),
        ])
        return [Number(index), { name, address: address?.trim() ?? '' }] as const
      }),
    )
    return new Map(each)
  })
}

/** EntityItemProtocolType, by the numbers of the kernel's if_ether.h. */
const etherTypes: Readonly<Record<number, string>> = {
  0x0001: 'ETH_P_802_3',
  0x0002: 'ETH_P_AX25',
  0x0003: 'ETH_P_ALL',
  0x0004: 'ETH_P_802_2',
  0x0005: 'ETH_P_SNAP',
  0x0006: 'ETH_P_DDCMP',
  0x0007: 'ETH_P_WAN_PPP',
  0x0008: 'ETH_P_PPP_MP',
  0x0009: 'ETH_P_LOCALTALK',
  0x000c: 'ETH_P_CAN',
  0x0010: 'ETH_P_PPPTALK',
  0x0011: 'ETH_P_TR_802_2',
  0x0015: 'ETH_P_MOBITEX',
  0x0016: 'ETH_P_CONTROL',
  0x0017: 'ETH_P_IRDA',
  0x0018: 'ETH_P_ECONET',
  0x0019: 'ETH_P_HDLC',
  0x001a: 'ETH_P_ARCNET',
  0x001b: 'ETH_P_DSA',
  0x001c: 'ETH_P_TRAILER',
  0x0060: 'ETH_P_LOOP',
  0x00f5: 'ETH_P_PHONET',
  0x00f6: 'ETH_P_IEEE802154',
  0x00f7: 'ETH_P_CAIF',
  0x0200: 'ETH_P_PUP',
  0x0201: 'ETH_P_PUPAT',
  0x0800: 'ETH_P_IP',
  0x0805: 'ETH_P_X25',
  0x0806: 'ETH_P_ARP',
  0x08ff: 'ETH_P_BPQ',
  0x0a00: 'ETH_P_IEEEPUP',
  0x0a01: 'ETH_P_IEEEPUPAT',
  0x6000: 'ETH_P_DEC',
  0x6001: 'ETH_P_DNA_DL',
  0x6002: 'ETH_P_DNA_RC',
  0x6003: 'ETH_P_DNA_RT',
  0x6004: 'ETH_P_LAT',
  0x6005: 'ETH_P_DIAG',
  0x6006: 'ETH_P_CUST',
  0x6007: 'ETH_P_SCA',
  0x6558: 'ETH_P_TEB',
  0x8035: 'ETH_P_RARP',
  0x809b: 'ETH_P_ATALK',
  0x80f3: 'ETH_P_AARP',
  0x8100: 'ETH_P_8021Q',
  0x8137: 'ETH_P_IPX',
  0x86dd: 'ETH_P_IPV6',
  0x8808: 'ETH_P_PAUSE',
  0x8809: 'ETH_P_SLOW',
  0x883e: 'ETH_P_WCCP',
  0x8847: 'ETH_P_MPLS_UC',
  0x8848: 'ETH_P_MPLS_MC',
  0x884c: 'ETH_P_ATMMPOA',
  0x8863: 'ETH_P_PPP_DISC',
  0x8864: 'ETH_P_PPP_SES',
  0x886c: 'ETH_P_LINK_CTL',
  0x8884: 'ETH_P_ATMFATE',
  0x888e: 'ETH_P_PAE',
  0x88a2: 'ETH_P_AOE',
  0x88ca: 'ETH_P_TIPC',
  0x88f7: 'ETH_P_1588',
  0x8906: 'ETH_P_FCOE',
  0x8914: 'ETH_P_FIP',
  0xdada: 'ETH_P_EDSA',
}
