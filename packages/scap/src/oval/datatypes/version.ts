import { ordered } from './comparison.ts'
import { compareDigits } from './digits.ts'

/** The numbers of a version, whatever single character stands between them. Nothing numeric: cannot be cast. */
function readVersion(text: string): string[] | undefined {
  const fields = text.trim().split(/\D/)
  return fields.some((field) => field !== '') ? fields : undefined
}

/** Field by field as numbers; a missing field is zero, so `1.0` equals `1`. */
export const compareVersion = ordered(readVersion, (a, b) => {
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const order = compareDigits(a[i] ?? '', b[i] ?? '')
    if (order !== 0) return order
  }
  return 0
})
