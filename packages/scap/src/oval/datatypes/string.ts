import { ContentError } from '../../errors.ts'
import { compilePattern } from '../../regex/compile.ts'
import { always, resultOf } from './comparison.ts'
import type { CompileComparison, Comparison } from './comparison.ts'

export const compareString: CompileComparison = (operation, expected) => {
  switch (operation) {
    case 'equals':
      return (found) => resultOf(found === expected)
    case 'not equal':
      return (found) => resultOf(found !== expected)
    case 'case insensitive equals': {
      const folded = expected.toLowerCase()
      return (found) => resultOf(found.toLowerCase() === folded)
    }
    case 'case insensitive not equal': {
      const folded = expected.toLowerCase()
      return (found) => resultOf(found.toLowerCase() !== folded)
    }
    case 'pattern match':
      return comparePattern(expected)
    case 'bitwise and':
    case 'bitwise or':
    case 'greater than':
    case 'greater than or equal':
    case 'less than':
    case 'less than or equal':
    case 'subset of':
    case 'superset of':
      return always('error')
  }
}

/** A pattern that cannot be compiled, or that takes too long, is an error of the comparison and of nothing else. */
function comparePattern(source: string): Comparison {
  try {
    const pattern = compilePattern(source)
    return (found) => {
      try {
        return resultOf(pattern.test(found))
      } catch (error) {
        if (error instanceof ContentError) return 'error'
        throw error
      }
    }
  } catch (error) {
    if (error instanceof ContentError) return always('error')
    throw error
  }
}
