import type { Value } from './values.ts'

export function count(components: readonly (readonly Value[])[]): Value[] {
  return [{ text: String(components.flat().length), datatype: 'int' }]
}
