import type { Datatype } from '../model/enumerations.ts'

/** A value of a component, with the datatype that it was given. */
export interface Value {
  readonly text: string
  readonly datatype: Datatype
}

export function stringValue(text: string): Value {
  return { text, datatype: 'string' }
}

/** A function that cannot be applied to a value: the variable is an error, with this reason. */
export class FunctionError extends Error {
  override readonly name = 'FunctionError'
}

const MAX_COMBINATIONS = 1_000_000

/** Every way to take one value of each component, the last changing fastest. */
export function cartesianProduct(components: readonly (readonly Value[])[]): (readonly Value[])[] {
  const size = components.reduce((product, values) => product * values.length, 1)
  if (size > MAX_COMBINATIONS) {
    throw new FunctionError(`the components have ${size} combinations of values; ${MAX_COMBINATIONS} are the limit`)
  }
  return components.reduce<(readonly Value[])[]>(
    (rows, values) => rows.flatMap((row) => values.map((value) => [...row, value])),
    [[]],
  )
}
