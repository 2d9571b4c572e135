export interface NetworkInterface {
  readonly name: string
  /** As `ip` calls it: `ether`, `loopback`, `ppp`, … */
  readonly linkType: string
  readonly hardwareAddress: string
  readonly flags: readonly string[]
  readonly addresses: readonly InterfaceAddress[]
}

export interface InterfaceAddress {
  readonly address: string
  readonly prefixLength: number
  readonly broadcast: string | undefined
  /** An alias such as `eth0:1`, or the interface's own name. */
  readonly label: string
}

/** What `ip address show` prints, by iproute2 or busybox. */
export function parseIpAddress(text: string): NetworkInterface[] {
  const interfaces: (NetworkInterface & {
    linkType: string
    hardwareAddress: string
    addresses: InterfaceAddress[]
  })[] = []
  for (const line of text.split('\n')) {
    const head = /^\d+: ([^\s:@]+)(?:@[^\s:]+)?: <([^>]*)>/.exec(line)
    if (head !== null) {
      const [, name = '', flags = ''] = head
      interfaces.push({ name, flags: flags.split(','), linkType: '', hardwareAddress: '', addresses: [] })
      continue
    }
    const current = interfaces.at(-1)
    if (current === undefined) continue
    const [kind = '', value = '', ...rest] = line.trim().split(/\s+/)
    if (kind.startsWith('link/')) {
      current.linkType = kind.slice('link/'.length)
      current.hardwareAddress = value
    } else if (kind === 'inet' || kind === 'inet6') {
      current.addresses.push(parseAddress(kind, value, rest, current.name))
    }
  }
  return interfaces
}

function parseAddress(kind: string, value: string, rest: readonly string[], name: string): InterfaceAddress {
  const [local = '', ownPrefix] = value.split('/')
  // Of a point-to-point link only the other end has a prefix: `10.0.0.1 peer 10.0.0.2/32`.
  const prefix = ownPrefix ?? after(rest, 'peer')?.split('/')[1]
  const last = rest.at(-1) ?? ''
  return {
    address: local,
    prefixLength: prefix === undefined ? (kind === 'inet' ? 32 : 128) : Number(prefix),
    broadcast: after(rest, 'brd'),
    label: kind === 'inet' && last.startsWith(`${name}:`) ? last : name,
  }
}

function after(words: readonly string[], word: string): string | undefined {
  const at = words.indexOf(word)
  return at === -1 ? undefined : words[at + 1]
}
