import { TransportError } from '../../errors.ts'
import { parseIpv6Routes, parseRoutes, type Route } from '../../parsers/proc-net.ts'
import type { Session } from '../../session.ts'
import { defineTestType } from '../../test-type.ts'

/** Routes of the kernel: the unix `routingtable_test`. */
export const routingtable = defineTestType({
  family: 'unix',
  name: 'routingtable',
  description:
    'Routes of the main table with gateway, flags and interface; an object asks for IPv4 or for IPv6 by its datatype.',
  object: ['destination'],
  item: { destination: 'ip_address', gateway: 'ip_address', flags: 'string', interface_name: 'string' },

  async collect(session, { object, resolved }) {
    const datatype = resolved.entities.find(({ name }) => name === 'destination')?.datatype
    const tables = datatype === 'ipv4_address' ? [ipv4] : datatype === 'ipv6_address' ? [ipv6] : [ipv4, ipv6]
    const routes = await Promise.all(tables.map((table) => table(session)))
    return (
      routes
        .flat()
        // The standard has the prefix length in the destination, the referee has not: either is understood.
        .filter((route) => object.destination.matches(inFull(route)) || object.destination.matches(route.destination))
        .map((route) => ({
          destination: inFull(route),
          gateway: route.gateway,
          flags: routeFlags.filter(([, bit]) => (route.flags & bit) !== 0).map(([name]) => name),
          interface_name: route.interfaceName,
        }))
    )
  },
})

const inFull = ({ destination, prefixLength }: Route): string => `${destination}/${prefixLength}`

async function ipv4(session: Session): Promise<Route[]> {
  return parseRoutes((await readTable(session, '/proc/net/route')) ?? '')
}

/** There is no such file where the kernel has no IPv6. */
async function ipv6(session: Session): Promise<Route[]> {
  return parseIpv6Routes((await readTable(session, '/proc/net/ipv6_route')) ?? '')
}

async function readTable(session: Session, path: string): Promise<string | undefined> {
  if (session.canRun) return session.readText(path)
  throw new TransportError('not-possible-offline', `routes of ${session.asset} are not known: it is not running`)
}

/** RTF_… of the kernel's route.h and ipv6_route.h. */
const routeFlags: readonly (readonly [string, number])[] = [
  ['UP', 0x0001],
  ['GATEWAY', 0x0002],
  ['HOST', 0x0004],
  ['REINSTATE', 0x0008],
  ['DYNAMIC', 0x0010],
  ['MODIFIED', 0x0020],
  ['ADDRCONF', 0x0004_0000],
  ['CACHE', 0x0100_0000],
  ['REJECT', 0x0200],
  ['LOCAL', 0x8000_0000],
]
