import type { DefinitionClass } from '../oval/model/definition.ts'
import type { OvalResult } from '../oval/model/enumerations.ts'
import type { RuleOutcome } from './model/benchmark.ts'

/** XCCDF 1.2, 7.2.3.5.2: a definition of these classes is a claim that something is wrong. */
const faults: ReadonlySet<DefinitionClass> = new Set(['patch', 'vulnerability'])

export function outcomeOfDefinition(result: OvalResult, kind: DefinitionClass): RuleOutcome {
  switch (result) {
    case 'true':
      return faults.has(kind) ? 'fail' : 'pass'
    case 'false':
      return faults.has(kind) ? 'pass' : 'fail'
    case 'error':
      return 'error'
    case 'unknown':
      return 'unknown'
    case 'not applicable':
      return 'notapplicable'
    case 'not evaluated':
      return 'notchecked'
  }
}

export function negateOutcome(outcome: RuleOutcome): RuleOutcome {
  if (outcome === 'pass') return 'fail'
  return outcome === 'fail' ? 'pass' : outcome
}

/** XCCDF 1.2, 7.2.3.5.3: of several results the one named first decides; what says nothing decides last. */
const precedence: Readonly<Record<'AND' | 'OR', readonly RuleOutcome[]>> = {
  AND: ['fail', 'unknown', 'error', 'pass', 'fixed', 'notapplicable', 'notchecked', 'notselected', 'informational'],
  OR: ['pass', 'fixed', 'unknown', 'error', 'fail', 'notapplicable', 'notchecked', 'notselected', 'informational'],
}

export function combineOutcomes(operator: 'AND' | 'OR', outcomes: readonly RuleOutcome[]): RuleOutcome {
  return precedence[operator].find((outcome) => outcomes.includes(outcome)) ?? 'notchecked'
}
