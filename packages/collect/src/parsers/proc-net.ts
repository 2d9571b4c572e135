export interface Socket {
  readonly localAddress: string
  readonly localPort: number
  readonly foreignAddress: string
  readonly foreignPort: number
  /** TCP_LISTEN is 10; an unconnected UDP socket is 7. */
  readonly state: number
  readonly userId: number
  readonly inode: string
}

/** /proc/net/tcp, tcp6, udp, udp6 and raw: addresses as hexadecimal words in the byte order of the machine (little endian). */
export function parseSockets(text: string): Socket[] {
  return text
    .split('\n')
    .slice(1)
    .flatMap((line) => {
      const fields = line.trim().split(/\s+/)
      const [, local = '', foreign = '', state = '', , , , user = '', , inode = ''] = fields
      if (fields.length < 10) return []
      const [localAddress, localPort] = parseEnd(local)
      const [foreignAddress, foreignPort] = parseEnd(foreign)
      return [
        {
          localAddress,
          localPort,
          foreignAddress,
          foreignPort,
          state: Number.parseInt(state, 16),
          userId: Number(user),
          inode,
        },
      ]
    })
}

function parseEnd(text: string): readonly [string, number] {
  const [address = '', port = '0'] = text.split(':')
  const bytes = (address.match(/.{8}/g) ?? []).flatMap((word) => (word.match(/../g) ?? []).reverse())
  const numbers = bytes.map((byte) => Number.parseInt(byte, 16))
  return [numbers.length === 4 ? numbers.join('.') : formatIpv6(numbers), Number.parseInt(port, 16)]
}

/** RFC 5952: the longest run of zero groups is left out; an IPv4 address inside is written as one. */
function formatIpv6(bytes: readonly number[]): string {
  const groups = Array.from({ length: 8 }, (_, at) => ((bytes[2 * at] ?? 0) << 8) | (bytes[2 * at + 1] ?? 0))
  if (groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff)
    return `::ffff:${bytes.slice(12).join('.')}`
  const text = groups.map((group) => group.toString(16)).join(':')
  const runs = [...text.matchAll(/\b0(?::0)+\b/g)]
    .map(([run]) => run)
    .toSorted((one, other) => other.length - one.length)
  const [longest] = runs
  return longest === undefined
    ? text
    : text
        .replace(longest, ':')
        .replace(/:{2,}/, '::')
        .replace(/^:(?!:)/, '::')
        .replace(/([^:]):$/, '$1::')
}
