import type { Criteria, CriteriaGroup } from '../model/criteria.ts'
import type { OvalResult } from '../model/enumerations.ts'
import type { CriteriaGroupResult, CriteriaResult } from '../model/result.ts'
import { combineByOperator, negateResult, noResults } from '../tables.ts'

/** What the leaves of criteria refer to. */
export interface CriteriaLeaves {
  test(id: string): OvalResult
  definition(id: string): OvalResult
}

export function evaluateCriteriaGroup(group: CriteriaGroup, leaves: CriteriaLeaves): CriteriaGroupResult {
  const children = group.children.map((child) => evaluateCriteria(child, leaves))
  const counts = noResults()
  for (const { result } of children) counts[result]++
  const result = combineByOperator(group.operator, counts)
  return { ...group, children, result: group.negate ? negateResult(result) : result }
}

function evaluateCriteria(node: Criteria, leaves: CriteriaLeaves): CriteriaResult {
  if (node.kind === 'criteria') return evaluateCriteriaGroup(node, leaves)
  const result = node.kind === 'criterion' ? leaves.test(node.testRef) : leaves.definition(node.definitionRef)
  return { ...node, result: node.negate ? negateResult(result) : result }
}
