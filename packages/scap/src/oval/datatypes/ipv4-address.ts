import { compareIp, maskAddress } from './ip-address.ts'
import type { IpPrefix } from './ip-address.ts'

/** `a.b.c.d`, with leading zeros if you like, and `/` a prefix length or a netmask. */
export function readIpv4(text: string): IpPrefix | undefined {
  const [addressText, maskText, ...rest] = text.split('/')
  const address = readQuad(addressText!)
  const prefix = maskText === undefined ? 32 : readPrefix(maskText)
  if (address === undefined || prefix === undefined || rest.length > 0) return undefined
  return { address: maskAddress(address, prefix, 32), prefix }
}

function readPrefix(text: string): number | undefined {
  if (/^\d{1,2}$/.test(text)) return Number(text) <= 32 ? Number(text) : undefined
  const mask = readQuad(text)
  if (mask === undefined) return undefined
  const ones = mask.toString(2).padStart(32, '0')
  return /^1*0*$/.test(ones) ? ones.replaceAll('0', '').length : undefined
}

export function readQuad(text: string): bigint | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text)
  if (match === null) return undefined
  const octets = match.slice(1).map(Number)
  if (octets.some((octet) => octet > 255)) return undefined
  return octets.reduce((address, octet) => address * 256n + BigInt(octet), 0n)
}

export const compareIpv4Address = compareIp(32, readIpv4)
