import { stringValue } from './values.ts'
import type { Value } from './values.ts'

/** OVAL definitions schema, EscapeRegexFunctionType: the characters to escape are ^$\.[](){}*+?| and no others. */
export function escapeRegex(values: readonly Value[]): Value[] {
  return values.map(({ text }) => stringValue(text.replace(/[\^$\\.[\](){}*+?|]/g, '\\$&')))
}
