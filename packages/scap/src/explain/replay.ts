import type { CriteriaResult } from '../oval/model/result.ts'
import { countStatuses } from '../oval/evaluate/state.ts'
import type { OvalResult, Status } from '../oval/model/enumerations.ts'
import { combineByCheck, combineByOperator, judgeExistence, negateResult, noResults } from '../oval/tables.ts'
import { outcomeOfExit } from '../sce/script.ts'
import { combineOutcomes, negateOutcome, outcomeOfDefinition } from '../xccdf/outcomes.ts'
import type { RuleOutcome } from '../xccdf/model/benchmark.ts'
import { replayItem } from './replay-item.ts'
import type { CheckTrace, DocumentTrace, PlatformTrace, RuleTrace, TestTrace } from './trace.ts'

/**
 * The verdict again, from the trace alone: the values found, compared anew with those expected, the standards' tables, the
 * criteria; for items beyond those that are told, how many came to what, and for values that are hidden what they came to.
 * No other result is looked at. Whoever doubts a verdict can follow the same steps by hand.
 */
export function replay(trace: RuleTrace): RuleOutcome {
  if (trace.applicability !== undefined) {
    const holds = (platform: PlatformTrace): boolean => holdsIn(platform, trace.documents)
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

function holdsIn(platform: PlatformTrace, documents: readonly DocumentTrace[]): boolean {
  if (platform.kind === 'definition') {
    const document = platform.document === undefined ? undefined : documents[platform.document]
    return document !== undefined && replayDefinition(document, platform.id) === 'true'
  }
  const holds = (one: PlatformTrace): boolean => holdsIn(one, documents)
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

/** OVAL's test evaluation over the trace (`oval/evaluate/test.ts` is the same over what was collected). */
export function replayTest(test: TestTrace): OvalResult {
  const { object, check, checkExistence, hasStates } = test
  if (object === undefined) return 'unknown'
  const { flag } = object
  const counts = statusesOf(test)
  const asksNothing = checkExistence === 'any_exist' && !hasStates
  const ofNothing = checkExistence === 'none_exist' || checkExistence === 'any_exist' ? 'true' : 'false'
  const total = counts.exists + counts.error + counts['not collected']
  const itemsResult = (): OvalResult => combineByCheck(check, resultsOf(test))
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
      return existence === 'true' && hasStates ? itemsResult() : existence
    }
    case 'incomplete': {
      const existence = incompleteExistence(checkExistence, counts.exists)
      if (existence !== 'true' || !hasStates) return existence
      const items = itemsResult()
      return items === 'false' || (items === 'true' && check === 'at least one') ? items : 'unknown'
    }
  }
}

function statusesOf({ items, omitted }: TestTrace): Record<Status, number> {
  const counts = countStatuses(items)
  for (const status of Object.keys(counts) as Status[]) counts[status] += omitted?.counts[status] ?? 0
  return counts
}

function resultsOf(test: TestTrace): Record<OvalResult, number> {
  const results = { ...noResults(), ...test.omitted?.judged }
  for (const item of test.items) {
    if (item.status !== 'does not exist') results[replayItem(item, test)]++
  }
  return results
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
