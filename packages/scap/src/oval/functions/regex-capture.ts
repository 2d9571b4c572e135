import { ContentError } from '../../errors.ts'
import { compilePattern } from '../../regex/compile.ts'
import { FunctionError, stringValue } from './values.ts'
import type { Value } from './values.ts'

/** What the first group of the first match captured; the empty string when there is no match or no group. */
export function regexCapture(source: string, values: readonly Value[]): Value[] {
  try {
    const pattern = compilePattern(source)
    return values.map(({ text }) => stringValue(pattern.exec(text)?.groups[1] ?? ''))
  } catch (error) {
    if (error instanceof ContentError) throw new FunctionError(`regex_capture: ${error.message}`)
    throw error
  }
}
