import { unordered } from './comparison.ts'

/** Hexadecimal octets. */
function readBinary(text: string): string | undefined {
  const digits = text.trim().toLowerCase()
  return digits.length % 2 === 0 && /^[0-9a-f]*$/.test(digits) ? digits : undefined
}

export const compareBinary = unordered(readBinary, (a, b) => a === b)
