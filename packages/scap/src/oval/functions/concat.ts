import { cartesianProduct, stringValue } from './values.ts'
import type { Value } from './values.ts'

export function concat(components: readonly (readonly Value[])[]): Value[] {
  return cartesianProduct(components).map((values) => stringValue(values.map(({ text }) => text).join('')))
}
