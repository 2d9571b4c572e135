import { stringValue } from './values.ts'
import type { Value } from './values.ts'

/** The parts between delimiters, empty ones too; an empty delimiter splits into characters. */
export function split(delimiter: string, values: readonly Value[]): Value[] {
  return values.flatMap(({ text }) => (delimiter === '' ? Array.from(text) : text.split(delimiter)).map(stringValue))
}
