import type { OvalResult } from '../model/enumerations.ts'
import type { CriteriaGroupResult, CriteriaResult } from '../model/result.ts'
import { combineByOperator, DECIDING, negateResult, noResults } from '../tables.ts'
import type { LinkedCriteria, LinkedDefinition, LinkedGroup, LinkedTest } from './link.ts'

/** What the leaves of criteria refer to. */
export interface CriteriaLeaves {
  test(test: LinkedTest): OvalResult
  definition(definition: LinkedDefinition): OvalResult
}

/** The result after negation, as it counts for the node above. What could not change it is not looked at. */
export function judgeCriteria(criteria: LinkedCriteria, leaves: CriteriaLeaves): OvalResult {
  const result = judgePlainly(criteria, leaves)
  return criteria.negate ? negateResult(result) : result
}

function judgePlainly(criteria: LinkedCriteria, leaves: CriteriaLeaves): OvalResult {
  switch (criteria.kind) {
    case 'criterion':
      return leaves.test(criteria.test)
    case 'extend_definition':
      return leaves.definition(criteria.definition)
    case 'criteria': {
      const { operator, children } = criteria
      const deciding = DECIDING[operator]
      const counts = noResults()
      for (const child of children) {
        const result = judgeCriteria(child, leaves)
        if (result === deciding) return result
        counts[result]++
      }
      return combineByOperator(operator, counts)
    }
  }
}

/** The same with the result of every node. */
export function explainCriteriaGroup(group: LinkedGroup, leaves: CriteriaLeaves): CriteriaGroupResult {
  const children = group.children.map((child) => explainCriteria(child, leaves))
  return { ...group.node, children, result: judgeCriteria(group, leaves) }
}

function explainCriteria(criteria: LinkedCriteria, leaves: CriteriaLeaves): CriteriaResult {
  if (criteria.kind === 'criteria') return explainCriteriaGroup(criteria, leaves)
  return { ...criteria.node, result: judgeCriteria(criteria, leaves) }
}
