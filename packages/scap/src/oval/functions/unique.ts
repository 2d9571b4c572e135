import { stringValue } from './values.ts'
import type { Value } from './values.ts'

export function unique(components: readonly (readonly Value[])[]): Value[] {
  return [...new Set(components.flat().map(({ text }) => text))].map(stringValue)
}
