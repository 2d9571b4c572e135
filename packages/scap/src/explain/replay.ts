import type { CriteriaResult } from '../oval/model/result.ts'
import type { OvalResult } from '../oval/model/enumerations.ts'
import { combineByCheck, combineByOperator, judgeExistence, negateResult, noResults } from '../oval/tables.ts'
import { outcomeOfExit } from '../sce/script.ts'
import { combineOutcomes, negateOutcome, outcomeOfDefinition } from '../xccdf/outcomes.ts'
import type { RuleOutcome } from '../xccdf/model/benchmark.ts'
import type { CheckTrace, DocumentTrace, PlatformTrace, RuleTrace, TestTrace } from './trace.ts'

/**
 * The verdict again, from the trace alone: counts of items, the standards' tables, the criteria. Whoever doubts a verdict
 * can follow the same steps by hand.
 */
export function replay(trace: RuleTrace): RuleOutcome {
  if (trace.applicability !== undefined) {
    const applies = trace.applicability.every(({ platforms }) => platforms.some(holds))
    if (!applies) return 'notapplicable'
  }
  // Without a check there is nothing to follow: the messages say why.
  if (trace.check === undefined) return trace.result
  return trace.role === 'unscored' && wasAnswered(trace.check)
    ? 'informational'
    : replayCheck(trace.check, trace.documents)
}

function wasAnswered(check: CheckTrace): boolean {
  return check.kind === 'complex-check' ? check.children.some(wasAnswered) : check.kind !== 'unchecked'
}

function holds(platform: PlatformTrace): boolean {
  if (platform.kind === 'definition') return platform.result === 'true'
  const plain = platform.kind === 'all' ? platform.children.every(holds) : platform.children.some(holds)
  return plain !== platform.negate
}

function replayCheck(check: CheckTrace, documents: readonly DocumentTrace[]): RuleOutcome {
  if (check.kind === 'unchecked') return check.outcome
  if (check.kind === 'script') {
    // One that did not run to its end left nothing to follow.
    const outcome = check.exitStatus === undefined ? check.outcome : outcomeOfExit(check.exitStatus)
    return check.negate && check.exitStatus !== undefined ? negateOutcome(outcome) : outcome
  }
  if (check.kind === 'check') {
    const document = documents[check.document]
    const definition = document?.definitions[check.definition]
    if (document === undefined || definition === undefined) return 'notchecked'
    const outcome = outcomeOfDefinition(replayDefinition(document, check.definition), definition.class)
    return check.negate ? negateOutcome(outcome) : outcome
  }
  const outcome = combineOutcomes(
    check.operator,
    check.children.map((one) => replayCheck(one, documents)),
  )
  return check.negate ? negateOutcome(outcome) : outcome
}

function replayDefinition(document: DocumentTrace, id: string): OvalResult {
  const definition = document.definitions[id]
  if (definition === undefined) return 'unknown'
  return definition.criteria === undefined ? definition.result : replayCriteria(document, definition.criteria)
}

function replayCriteria(document: DocumentTrace, node: CriteriaResult): OvalResult {
  const result = ((): OvalResult => {
    switch (node.kind) {
      case 'criterion': {
        const test = document.tests[node.testRef]
        return test === undefined ? 'unknown' : replayTest(test)
      }
      case 'extend_definition':
        return replayDefinition(document, node.definitionRef)
      case 'criteria': {
        const counts = noResults()
        for (const child of node.children) counts[replayCriteria(document, child)]++
        return combineByOperator(node.operator, counts)
      }
    }
  })()
  return node.negate ? negateResult(result) : result
}

/** OVAL's test evaluation over counts (`oval/evaluate/test.ts` is the same over items). */
export function replayTest({ object, check, checkExistence, hasStates, judged }: TestTrace): OvalResult {
  if (object === undefined) return 'unknown'
  const { flag, counts } = object
  const asksNothing = checkExistence === 'any_exist' && !hasStates
  const ofNothing = checkExistence === 'none_exist' || checkExistence === 'any_exist' ? 'true' : 'false'
  const total = counts.exists + counts.error + counts['not collected']
  const items = combineByCheck(check, { ...noResults(), ...judged })
  switch (flag) {
    case 'error':
      return asksNothing ? 'true' : 'error'
    case 'not collected':
      return asksNothing ? 'true' : 'unknown'
    case 'not applicable':
      return asksNothing ? 'true' : 'not applicable'
    case 'does not exist':
      return ofNothing
    case 'complete': {
      if (total === 0) return ofNothing
      const existence = judgeExistence(checkExistence, { ...counts, 'does not exist': 0 })
      return existence === 'true' && hasStates ? items : existence
    }
    case 'incomplete': {
      const existence = incompleteExistence(checkExistence, counts.exists)
      if (existence !== 'true' || !hasStates) return existence
      return items === 'false' || (items === 'true' && check === 'at least one') ? items : 'unknown'
    }
  }
}

/** More may exist than was found. */
function incompleteExistence(checkExistence: TestTrace['checkExistence'], exists: number): OvalResult {
  switch (checkExistence) {
    case 'any_exist':
      return 'true'
    case 'at_least_one_exists':
      return exists > 0 ? 'true' : 'unknown'
    case 'none_exist':
      return exists > 0 ? 'false' : 'unknown'
    case 'only_one_exists':
      return exists > 1 ? 'false' : 'unknown'
    case 'all_exist':
      return 'unknown'
  }
}
