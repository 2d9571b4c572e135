import type { CpeCheck, CpeContent, CpeExpression } from './model.ts'
import { cpeMatches } from './name.ts'

/** Whether a check's OVAL definition is true on the system. An error is not true: what cannot be told does not apply. */
export type CheckFact = (check: CpeCheck) => boolean

/** Whether the system is of a platform: `#id` of an expression, or a CPE name of the dictionary. */
export function isPlatform(content: CpeContent, platform: string, isTrue: CheckFact): boolean {
  const expression = platform.startsWith('#') ? content.platforms[platform.slice(1)] : undefined
  return expression === undefined ? isNamed(content, platform, isTrue) : holds(content, expression, isTrue)
}

/** Every check that {@link isPlatform} may need. */
export function checksOfPlatform(content: CpeContent, platform: string): CpeCheck[] {
  const expression = platform.startsWith('#') ? content.platforms[platform.slice(1)] : undefined
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

function holds(content: CpeContent, expression: CpeExpression, isTrue: CheckFact): boolean {
  switch (expression.kind) {
    case 'check-fact-ref':
      return isTrue(expression.check)
    case 'fact-ref':
      return isNamed(content, expression.name, isTrue)
    case 'logical-test': {
      const each = expression.children.map((one) => holds(content, one, isTrue))
      const result = expression.operator === 'AND' ? each.every(Boolean) : each.some(Boolean)
      return result !== expression.negate
    }
  }
}

const itemsNamed = (content: CpeContent, name: string) =>
  content.items.filter((item) => item.name === name || cpeMatches(name, item.name))

const isNamed = (content: CpeContent, name: string, isTrue: CheckFact): boolean =>
  itemsNamed(content, name).some(({ checks }) => checks.some(isTrue))
