import { stringValue } from './values.ts'
import type { Value } from './values.ts'

/** Puts the text behind each value that does not end with it. */
export function end(character: string, values: readonly Value[]): Value[] {
  return values.map(({ text }) => stringValue(text.endsWith(character) ? text : text + character))
}
