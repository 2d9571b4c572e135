import { compareIp, maskAddress } from './ip-address.ts'
import type { IpPrefix } from './ip-address.ts'
import { readQuad } from './ipv4-address.ts'

/** RFC 4291, 2.2 and 2.3: an address in any of its spellings, and `/` a prefix length. */
export function readIpv6(text: string): IpPrefix | undefined {
  const [addressText, prefixText = '128', ...rest] = text.split('/')
  const prefix = /^\d{1,3}$/.test(prefixText) ? Number(prefixText) : undefined
  const address = readAddress(addressText!)
  if (address === undefined || prefix === undefined || prefix > 128 || rest.length > 0) return undefined
  return { address: maskAddress(address, prefix, 128), prefix }
}

function readAddress(text: string): bigint | undefined {
  const halves = text.split('::')
  if (halves.length > 2) return undefined
  const [head, tail] = halves.map((half, i) => readGroups(half, i === halves.length - 1))
  if (head === undefined || (halves.length === 2 && tail === undefined)) return undefined
  const missing = 8 - head.length - (tail?.length ?? 0)
  if (tail === undefined ? missing !== 0 : missing < 1) return undefined
  const groups = [...head, ...Array<bigint>(missing).fill(0n), ...(tail ?? [])]
  return groups.reduce((address, group) => address * 65536n + group, 0n)
}

/** The groups of one side of `::`; the last two groups of an address may be written as an IPv4 address. */
function readGroups(text: string, mayEndInQuad: boolean): bigint[] | undefined {
  if (text === '') return []
  const groups: bigint[] = []
  const parts = text.split(':')
  for (const [i, part] of parts.entries()) {
    const quad = mayEndInQuad && i === parts.length - 1 ? readQuad(part) : undefined
    if (quad !== undefined) groups.push(quad >> 16n, quad & 0xffffn)
    else if (/^[0-9a-f]{1,4}$/i.test(part)) groups.push(BigInt(`0x${part}`))
    else return undefined
  }
  return groups
}

export const compareIpv6Address = compareIp(128, readIpv6)
