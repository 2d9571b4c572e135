import type { Operation } from '../model/enumerations.ts'
import { always, resultOf } from './comparison.ts'
import type { CompileComparison } from './comparison.ts'

/** An address with its prefix length; bits beyond the prefix are zero. */
export interface IpPrefix {
  readonly address: bigint
  readonly prefix: number
}

/** OVAL common schema, ipv4_address and ipv6_address: both have the same operations on their value space. */
export function compareIp(bits: number, read: (text: string) => IpPrefix | undefined): CompileComparison {
  return (operation, text) => {
    const expected = read(text)
    if (expected === undefined) return always('error')
    return (foundText) => {
      const found = read(foundText)
      return found === undefined ? 'error' : judge(operation, found, expected, bits)
    }
  }
}

function judge(operation: Operation, found: IpPrefix, expected: IpPrefix, bits: number) {
  const isEqual = found.address === expected.address && found.prefix === expected.prefix
  switch (operation) {
    case 'equals':
      return resultOf(isEqual)
    case 'not equal':
      return resultOf(!isEqual)
    case 'subset of':
      return resultOf(isSubset(found, expected, bits))
    case 'superset of':
      return resultOf(isSubset(expected, found, bits))
    case 'greater than':
    case 'greater than or equal':
    case 'less than':
    case 'less than or equal':
      // The schema: networks of different size have no order, an error must be reported.
      if (found.prefix !== expected.prefix) return 'error'
      if (isEqual) return resultOf(operation.endsWith('or equal'))
      return resultOf(operation.startsWith('greater') === found.address > expected.address)
    case 'bitwise and':
    case 'bitwise or':
    case 'case insensitive equals':
    case 'case insensitive not equal':
    case 'pattern match':
      return 'error'
  }
}

function isSubset(a: IpPrefix, b: IpPrefix, bits: number): boolean {
  return a.prefix >= b.prefix && maskAddress(a.address, b.prefix, bits) === b.address
}

export function maskAddress(address: bigint, prefix: number, bits: number): bigint {
  const host = BigInt(bits - prefix)
  return (address >> host) << host
}
