import type { Operation, OvalResult } from '../model/enumerations.ts'

/** Compares a value that was found with the one that was expected when this was made. */
export type Comparison = (found: string) => OvalResult

/** What a datatype can do: makes the comparison for an operation and an expected value. */
export type CompileComparison = (operation: Operation, expected: string) => Comparison

/** An operation that the datatype does not have, or an expected value that it cannot read. */
export const always =
  (result: OvalResult): Comparison =>
  () =>
    result

export function resultOf(claim: boolean): OvalResult {
  return claim ? 'true' : 'false'
}

type OrderTest = (order: number) => boolean

const EQUALITY: Partial<Record<Operation, OrderTest>> = {
  equals: (order) => order === 0,
  'not equal': (order) => order !== 0,
}
const ORDER: Partial<Record<Operation, OrderTest>> = {
  ...EQUALITY,
  'greater than': (order) => order > 0,
  'greater than or equal': (order) => order >= 0,
  'less than': (order) => order < 0,
  'less than or equal': (order) => order <= 0,
}

/**
 * A datatype with an order: how to read a value (`undefined`: it cannot be cast, an error) and how to compare two.
 * `compare` answers `undefined` when two values cannot be put in order.
 */
export function ordered<T>(
  read: (text: string) => T | undefined,
  compare: (a: T, b: T) => number | undefined,
): CompileComparison {
  return (operation, text) => compileOrder(ORDER[operation], text, read, compare)
}

/** A datatype whose values are only equal or not. */
export function unordered<T>(
  read: (text: string) => T | undefined,
  isEqual: (a: T, b: T) => boolean,
): CompileComparison {
  return (operation, text) => compileOrder(EQUALITY[operation], text, read, (a, b) => (isEqual(a, b) ? 0 : 1))
}

function compileOrder<T>(
  holds: OrderTest | undefined,
  text: string,
  read: (text: string) => T | undefined,
  compare: (a: T, b: T) => number | undefined,
): Comparison {
  const expected = read(text)
  if (holds === undefined || expected === undefined) return always('error')
  return (foundText) => {
    const found = read(foundText)
    if (found === undefined) return 'error'
    const order = compare(found, expected)
    return order === undefined ? 'error' : resultOf(holds(order))
  }
}
