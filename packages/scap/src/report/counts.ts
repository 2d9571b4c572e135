import type { RuleOutcome } from '../xccdf/model/benchmark.ts'
import type { RuleResult } from '../xccdf/evaluate.ts'

/** Outcomes in the order in which a reader wants to hear of them. */
export const outcomeOrder: readonly RuleOutcome[] = [
  'fail',
  'error',
  'unknown',
  'pass',
  'fixed',
  'informational',
  'notchecked',
  'notapplicable',
  'notselected',
]

/** How many rules came to what; what none came to is left out. */
export function countOutcomes(rules: readonly RuleResult[]): Partial<Record<RuleOutcome, number>> {
  const counts: Partial<Record<RuleOutcome, number>> = {}
  for (const outcome of outcomeOrder) {
    const count = rules.filter(({ result }) => result === outcome).length
    if (count > 0) counts[outcome] = count
  }
  return counts
}
