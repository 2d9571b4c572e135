import { compilePattern } from '@plumbline/scap/regex'

/**
 * From where a pattern took too long, all is answered with, for whoever asked to find out: others share this walk, and it
 * would take as long for each of its entries.
 */
export function entryMatcher(source: string): (text: string) => boolean {
  const pattern = compilePattern(source)
  let isTooSlow = false
  return (text) => {
    if (isTooSlow) return true
    try {
      return pattern.test(text)
    } catch {
      isTooSlow = true
      return true
    }
  }
}
