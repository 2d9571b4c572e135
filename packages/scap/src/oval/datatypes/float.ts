import { ordered } from './comparison.ts'

const FLOAT = /^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i
const SPECIAL: Readonly<Record<string, number>> = { INF: Infinity, '-INF': -Infinity, NaN: NaN }
// The referee's measure: what differs by less came of writing the same number another way.
const RELATIVE_ERROR = 1e-9

/** What a double cannot hold cannot be cast: `1e400` is neither infinite nor equal to `1e500`. */
export function readFloat(text: string): number | undefined {
  const special = Object.hasOwn(SPECIAL, text.trim()) ? SPECIAL[text.trim()] : undefined
  if (special !== undefined || !FLOAT.test(text)) return special
  const number = Number(text)
  const isHeld = Number.isFinite(number) && (number !== 0 || !/[1-9]/.test(text.replace(/e.*/i, '')))
  return isHeld ? number : undefined
}

export const compareFloat = ordered(readFloat, (a, b) => {
  if (a === b || (Number.isNaN(a) && Number.isNaN(b))) return 0
  if (Number.isNaN(a) || Number.isNaN(b)) return undefined
  const relative = Math.abs((a - b) / Math.max(Math.abs(a), Math.abs(b)))
  if (relative <= RELATIVE_ERROR) return 0
  return a < b ? -1 : 1
})
