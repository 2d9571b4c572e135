import { always, ordered, resultOf } from './comparison.ts'
import type { CompileComparison } from './comparison.ts'

const INTEGER = /^\s*[+-]?\d+$/

/** An integer of any size. White space may lead it, as in C's `strtoimax`; anything behind it is an error. */
export function readInt(text: string): bigint | number | undefined {
  if (!INTEGER.test(text)) return undefined
  // Numbers are many times faster, and exact up to 15 digits.
  return text.length <= 15 ? Number(text) : BigInt(text)
}

const compareOrder = ordered(readInt, (a, b) => (a < b ? -1 : a > b ? 1 : 0))

export const compareInt: CompileComparison = (operation, expected) => {
  if (operation !== 'bitwise and' && operation !== 'bitwise or') return compareOrder(operation, expected)
  const mask = readInt(expected)
  if (mask === undefined) return always('error')
  const bits = BigInt(mask)
  return (text) => {
    const found = readInt(text)
    if (found === undefined) return 'error'
    return resultOf((operation === 'bitwise and' ? BigInt(found) & bits : BigInt(found) | bits) === bits)
  }
}
