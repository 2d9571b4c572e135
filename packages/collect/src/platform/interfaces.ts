import type { SystemInfo } from '@plumbline/scap'
import type { Session } from '../session.ts'

interface Link {
  readonly ifname?: string
  readonly address?: string
  readonly addr_info?: readonly { readonly local?: string; readonly prefixlen?: number }[]
}

/** Network interfaces with their addresses, one entry an address (or one without), by iproute2's JSON. Empty where it is not installed. */
export async function readInterfaces(session: Session): Promise<SystemInfo['interfaces']> {
  let links: readonly Link[]
  try {
    const { stdout } = await session.run(['ip', '-json', 'address', 'show'])
    links = JSON.parse(new TextDecoder().decode(stdout)) as Link[]
  } catch {
    return []
  }
  return links.flatMap(({ ifname = '', address = '', addr_info = [] }) =>
    (addr_info.length === 0 ? [{ local: '' }] : addr_info).map(({ local = '' }) => ({
      interfaceName: ifname,
      ipAddress: local,
      macAddress: address,
    })),
  )
}
