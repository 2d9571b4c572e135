import { ordered } from './comparison.ts'
import { compareDigits } from './digits.ts'

/** A revision of an HP-UX fileset, as `A.03.61.00`: its fields, each as runs of digits and of other characters. */
function readRevision(text: string): string[][] | undefined {
  const revision = text.trim()
  if (revision === '') return undefined
  return revision.split('.').map((field) => field.match(/\d+|\D+/g) ?? nothing)
}

/** A field that is empty or missing is zero, as in `version`. */
const nothing = ['0']

/**
 * Field by field and run by run: numbers as numbers, and before text; text as text; a missing run first. OVAL leaves the
 * order to HP-UX's administration guide and the referee has none; comparing fields as numbers only where both are would
 * go in circles: 9 < 10 < 1a < 9.
 */
export const compareFilesetRevision = ordered(readRevision, (a, b) =>
  firstDifference(a, b, (left = nothing, right = nothing) => firstDifference(left, right, compareRuns)),
)

function firstDifference<Part>(
  a: readonly Part[],
  b: readonly Part[],
  compare: (left: Part | undefined, right: Part | undefined) => number,
): number {
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const order = compare(a[i], b[i])
    if (order !== 0) return order
  }
  return 0
}

function compareRuns(left: string | undefined, right: string | undefined): number {
  if (left === undefined || right === undefined) return left === right ? 0 : left === undefined ? -1 : 1
  const [isNumber, isOtherNumber] = [/^\d/.test(left), /^\d/.test(right)]
  if (isNumber !== isOtherNumber) return isNumber ? -1 : 1
  if (isNumber) return compareDigits(left, right)
  return left < right ? -1 : left > right ? 1 : 0
}
