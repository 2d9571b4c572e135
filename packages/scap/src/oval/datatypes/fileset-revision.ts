import { ordered } from './comparison.ts'
import { compareDigits } from './digits.ts'

/** A revision of an HP-UX fileset, as `A.03.61.00`: its fields. */
function readRevision(text: string): string[] | undefined {
  const revision = text.trim()
  return revision === '' ? undefined : revision.split('.')
}

/** Field by field: two numbers as numbers, otherwise as text; a missing field comes first. */
export const compareFilesetRevision = ordered(readRevision, (a, b) => {
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const left = a[i] ?? ''
    const right = b[i] ?? ''
    const numeric = /^\d*$/.test(left) && /^\d*$/.test(right)
    const order = numeric ? compareDigits(left, right) : left < right ? -1 : left > right ? 1 : 0
    if (order !== 0) return order
  }
  return 0
})
