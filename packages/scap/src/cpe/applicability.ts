import type { CpeCheck, CpeContent, CpeExpression } from './model.ts'
import { cpeMatches } from './name.ts'

/** CPE applicability language (NISTIR 7698), 6: what may not be read is neither true nor false. */
export type Truth = boolean | 'error'

/** Whether a check's OVAL definition is true on the system. */
export type CheckFact = (check: CpeCheck) => Truth

/** Whether the system is of a platform: `#id` of an expression, or a CPE name of the dictionary. */
export function isPlatform(content: CpeContent, platform: string, truthOf: CheckFact): Truth {
  const expression = expressionOf(content, platform)
  return expression === undefined ? isNamed(content, platform, truthOf) : holds(content, expression, truthOf)
}

/** XCCDF 1.2, 6.2.5: `#` and its id name a platform of the applicability language; the referee takes the id alone, too. */
export function expressionOf({ platforms }: CpeContent, platform: string): CpeExpression | undefined {
  const id = platform.replace(/^#/, '')
  return Object.hasOwn(platforms, id) ? platforms[id] : undefined
}

/** Every check that {@link isPlatform} may need. */
export function checksOfPlatform(content: CpeContent, platform: string): CpeCheck[] {
  const expression = expressionOf(content, platform)
  return expression === undefined
    ? itemsNamed(content, platform).flatMap(({ checks }) => checks)
    : checksOf(content, expression)
}

function checksOf(content: CpeContent, expression: CpeExpression): CpeCheck[] {
  switch (expression.kind) {
    case 'check-fact-ref':
      return [expression.check]
    case 'fact-ref':
      return itemsNamed(content, expression.name).flatMap(({ checks }) => checks)
    case 'logical-test':
      return expression.children.flatMap((one) => checksOf(content, one))
  }
}

function holds(content: CpeContent, expression: CpeExpression, truthOf: CheckFact): Truth {
  switch (expression.kind) {
    case 'check-fact-ref':
      return truthOf(expression.check)
    case 'fact-ref':
      return isNamed(content, expression.name, truthOf)
    case 'logical-test': {
      const each = expression.children.map((one) => holds(content, one, truthOf))
      const result = combine(expression.operator, each)
      return result === 'error' ? result : result !== expression.negate
    }
  }
}

const itemsNamed = (content: CpeContent, name: string) =>
  content.items.filter((item) => item.name === name || cpeMatches(name, item.name))

const isNamed = (content: CpeContent, name: string, truthOf: CheckFact): Truth =>
  combine(
    'OR',
    itemsNamed(content, name).flatMap(({ checks }) => checks.map(truthOf)),
  )

/** The tables of AND and OR: an error counts where nothing else decides. */
export function combine(operator: 'AND' | 'OR', each: readonly Truth[]): Truth {
  const decides = operator === 'OR'
  if (each.includes(decides)) return decides
  return each.includes('error') ? 'error' : !decides
}
