import type { InterfaceAddress, NetworkInterface } from '../../parsers/ip-address.ts'
import { readIpAddresses } from '../../platform/ip-addresses.ts'
import { defineTestType, type ItemValues } from '../../test-type.ts'

const item = {
  name: 'string',
  type: 'string',
  hardware_addr: 'string',
  inet_addr: 'ip_address',
  broadcast_addr: 'ip_address',
  netmask: 'ip_address',
  flag: 'string',
} as const

/** Addresses of network interfaces: the unix `interface_test`. */
export const interfaceTest = defineTestType({
  family: 'unix',
  name: 'interface',
  description:
    'Network interfaces that have an IP address, one item an address, as ip(8) tells them, or the kernel where there is no ip.',
  object: ['name'],
  item,

  async collect(session, { object }) {
    const interfaces = await readIpAddresses(session)
    return interfaces.flatMap((one) =>
      one.addresses.filter(({ label }) => object.name.matches(label)).map((address) => describe(one, address)),
    )
  },
})

function describe(
  one: NetworkInterface,
  { address, prefixLength, broadcast, label }: InterfaceAddress,
): ItemValues<typeof item> {
  const isIpv6 = address.includes(':')
  return {
    name: label,
    type: linkTypes[one.linkType] ?? '',
    // The standard would part the octets by hyphens; contents are written for the colons of the referee.
    hardware_addr: one.hardwareAddress.toUpperCase(),
    inet_addr: isIpv6 ? `${address}/${prefixLength}` : address,
    ...(broadcast === undefined ? {} : { broadcast_addr: broadcast }),
    ...(isIpv6 ? {} : { netmask: netmask(prefixLength) }),
    flag: interfaceFlags(one.flags),
  }
}

/** EntityItemInterfaceType, by ip(8)'s name for the kernel's number of the same name. */
const linkTypes: Readonly<Record<string, string>> = {
  ether: 'ARPHRD_ETHER',
  fddi: 'ARPHRD_FDDI',
  loopback: 'ARPHRD_LOOPBACK',
  ppp: 'ARPHRD_PPP',
  pronet: 'ARPHRD_PRONET',
  slip: 'ARPHRD_SLIP',
  void: 'ARPHRD_VOID',
}

function netmask(prefixLength: number): string {
  const bits = (2 ** 32 - 2 ** (32 - prefixLength)) >>> 0
  return [24, 16, 8, 0].map((shift) => (bits >>> shift) & 255).join('.')
}

/** In the order of their bits (netdevice(7)); ip(8) has no word for RUNNING, but one for an interface that is up without it. */
function interfaceFlags(flags: readonly string[]): string[] {
  const isRunning = flags.includes('UP') && !flags.includes('NO-CARRIER')
  return knownFlags.filter((flag) => (flag === 'RUNNING' ? isRunning : flags.includes(flag)))
}

const knownFlags = [
  'UP',
  'BROADCAST',
  'DEBUG',
  'LOOPBACK',
  'POINTOPOINT',
  'NOTRAILERS',
  'RUNNING',
  'NOARP',
  'PROMISC',
  'ALLMULTI',
  'MASTER',
  'SLAVE',
  'MULTICAST',
  'PORTSEL',
  'AUTOMEDIA',
  'DYNAMIC',
]
