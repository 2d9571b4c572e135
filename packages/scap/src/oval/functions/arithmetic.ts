import { readFloat } from '../datatypes/float.ts'
import { cartesianProduct, FunctionError } from './values.ts'
import type { Value } from './values.ts'

/** Adds or multiplies: integers exactly; with a float among them, the result is a float. */
export function arithmetic(operation: 'add' | 'multiply', components: readonly (readonly Value[])[]): Value[] {
  return cartesianProduct(components).map((values) => {
    if (values.every(isInteger)) {
      const numbers = values.map(({ text }) => BigInt(text))
      const result = numbers.reduce((a, b) => (operation === 'add' ? a + b : a * b))
      return { text: String(result), datatype: 'int' }
    }
    const numbers = values.map(readNumber)
    const result = numbers.reduce((a, b) => (operation === 'add' ? a + b : a * b))
    return { text: String(result), datatype: 'float' }
  })
}

function isInteger({ text, datatype }: Value): boolean {
  return datatype !== 'float' && /^\s*[+-]?\d+\s*$/.test(text)
}

function readNumber({ text }: Value): number {
  const number = readFloat(text.trim())
  if (number === undefined) throw new FunctionError(`arithmetic: "${text}" is not a number`)
  return number
}
