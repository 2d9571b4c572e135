import { FunctionError, stringValue } from './values.ts'
import type { Value } from './values.ts'

/** Characters from `start`, which counts from 1; a negative `length` takes all the rest. */
export function substring(start: number, length: number, values: readonly Value[]): Value[] {
  return values.map(({ text }) => {
    const characters = Array.from(text)
    const from = Math.max(start, 1) - 1
    if (from >= characters.length) {
      throw new FunctionError(`substring: "${text}" has no character ${start}`)
    }
    return stringValue(characters.slice(from, length < 0 ? undefined : from + length).join(''))
  })
}
