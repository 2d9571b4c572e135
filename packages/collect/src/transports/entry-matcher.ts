import { compilePattern } from '@plumbline/scap/regex'

/**
 * From where a pattern took too long, all is answered with, and so it is where it is none (the value of a variable may be
 * anything), for whoever asked to find out: others share this walk.
 */
export function entryMatcher(source: string): (text: string) => boolean {
  const pattern = patternOf(source)
  let isTooSlow = pattern === undefined
  return (text) => {
    if (pattern === undefined || isTooSlow) return true
    try {
      return pattern.test(text)
    } catch {
      isTooSlow = true
      return true
    }
  }
}

/** What every text that matches has in it, one behind the other; nothing where that cannot be told. */
export const textsOf = (source: string): readonly string[] => patternOf(source)?.texts ?? []

function patternOf(source: string): ReturnType<typeof compilePattern> | undefined {
  try {
    return compilePattern(source)
  } catch {
    return undefined
  }
}
