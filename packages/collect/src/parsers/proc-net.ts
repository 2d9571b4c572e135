export interface Socket {
  readonly localAddress: string
  readonly localPort: number
  readonly foreignAddress: string
  readonly foreignPort: number
  readonly state: number
  readonly inode: string
}

/** /proc/net/tcp, tcp6, udp, udp6, raw and raw6. */
export function parseSockets(text: string): Socket[] {
  return text
    .split('\n')
    .slice(1)
    .flatMap((line) => {
      const fields = line.trim().split(/\s+/)
      const [, local = '', foreign = '', state = '', , , , , , inode = ''] = fields
      if (fields.length < 10) return []
      const [localAddress, localPort] = parseEnd(local)
      const [foreignAddress, foreignPort] = parseEnd(foreign)
      return [{ localAddress, localPort, foreignAddress, foreignPort, state: Number.parseInt(state, 16), inode }]
    })
}

function parseEnd(text: string): readonly [string, number] {
  const [address = '', port = '0'] = text.split(':')
  return [formatAddress(reversedWords(hexBytes(address))), Number.parseInt(port, 16)]
}

export interface PacketSocket {
  readonly interfaceIndex: number
  readonly protocol: number
  readonly inode: string
}

/** /proc/net/packet: sockets that see whole frames of an interface. */
export function parsePacketSockets(text: string): PacketSocket[] {
  return text
    .split('\n')
    .slice(1)
    .flatMap((line) => {
      const fields = line.trim().split(/\s+/)
      const [, , , protocol = '', index = '', , , , inode = ''] = fields
      if (fields.length < 9) return []
      return [{ interfaceIndex: Number(index), protocol: Number.parseInt(protocol, 16), inode }]
    })
}

export interface Route {
  readonly destination: string
  readonly prefixLength: number
  readonly gateway: string
  readonly flags: number
  readonly interfaceName: string
}

/** /proc/net/route: addresses as words in the byte order of the machine. */
export function parseRoutes(text: string): Route[] {
  return text
    .split('\n')
    .slice(1)
    .flatMap((line) => {
      const fields = line.trim().split(/\s+/)
      const [interfaceName = '', destination = '', gateway = '', flags = '', , , , mask = ''] = fields
      if (fields.length < 8) return []
      return [
        {
          destination: formatAddress(reversedWords(hexBytes(destination))),
          prefixLength: hexBytes(mask).reduce((bits, byte) => bits + bitsSet(byte), 0),
          gateway: formatAddress(reversedWords(hexBytes(gateway))),
          flags: Number.parseInt(flags, 16),
          interfaceName,
        },
      ]
    })
}

/** /proc/net/ipv6_route: addresses byte by byte. */
export function parseIpv6Routes(text: string): Route[] {
  return text.split('\n').flatMap((line) => {
    const fields = line.trim().split(/\s+/)
    const [destination = '', prefix = '', , , gateway = '', , , , flags = '', interfaceName = ''] = fields
    if (fields.length < 10) return []
    return [
      {
        destination: formatAddress(hexBytes(destination)),
        prefixLength: Number.parseInt(prefix, 16),
        gateway: formatAddress(hexBytes(gateway)),
        flags: Number.parseInt(flags, 16),
        interfaceName,
      },
    ]
  })
}

function hexBytes(text: string): number[] {
  return (text.match(/../g) ?? []).map((byte) => Number.parseInt(byte, 16))
}

/** Words of four bytes, each printed as a number by a little-endian machine (all that Linux distributions still support but s390x). */
function reversedWords(bytes: readonly number[]): number[] {
  return bytes.map((_, at) => bytes[(at & ~3) + 3 - (at & 3)] ?? 0)
}

function bitsSet(byte: number): number {
  return byte === 0 ? 0 : (byte & 1) + bitsSet(byte >> 1)
}

function formatAddress(bytes: readonly number[]): string {
  return bytes.length === 4 ? bytes.join('.') : formatIpv6(bytes)
}

/** RFC 5952: the longest run of zero groups, the first of equals, is left out; a mapped or compatible IPv4 address is written as one. */
export function formatIpv6(bytes: readonly number[]): string {
  const groups = Array.from({ length: 8 }, (_, at) => ((bytes[2 * at] ?? 0) << 8) | (bytes[2 * at + 1] ?? 0))
  const run = longestZeroRun(groups)
  const tail = bytes.slice(12).join('.')
  if (run.start === 0 && run.length === 5 && groups[5] === 0xffff) return `::ffff:${tail}`
  if (run.start === 0 && run.length === 6) return `::${tail}`
  const text = (part: readonly number[]): string => part.map((group) => group.toString(16)).join(':')
  if (run.length < 2) return text(groups)
  return `${text(groups.slice(0, run.start))}::${text(groups.slice(run.start + run.length))}`
}

function longestZeroRun(groups: readonly number[]): { readonly start: number; readonly length: number } {
  let best = { start: 0, length: 0 }
  for (let start = 0; start < groups.length; start += 1) {
    let length = 0
    while (groups[start + length] === 0) length += 1
    if (length > best.length) best = { start, length }
  }
  return best
}
