import { unordered } from './comparison.ts'

const BOOLEANS: Readonly<Record<string, boolean>> = { true: true, '1': true, false: false, '0': false }

/** The four literals of `xsd:boolean`; anything else cannot be cast. */
export function readBoolean(text: string): boolean | undefined {
  const literal = text.trim()
  return Object.hasOwn(BOOLEANS, literal) ? BOOLEANS[literal] : undefined
}

export const compareBoolean = unordered(readBoolean, (a, b) => a === b)
