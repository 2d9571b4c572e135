import { stringValue } from './values.ts'
import type { Value } from './values.ts'

/** Puts the text before each value that does not begin with it. */
export function begin(character: string, values: readonly Value[]): Value[] {
  return values.map(({ text }) => stringValue(text.startsWith(character) ? text : character + text))
}
