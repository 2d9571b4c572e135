import type { OvalResult } from '../model/enumerations.ts'
import type { Item } from '../model/item.ts'
import type { ResolvedObject, ResolvedState } from '../model/resolved-object.ts'
import type { TestedItem, TestedVariable, TestResult } from '../model/result.ts'
import type { CollectedObject } from '../model/system-characteristics.ts'
import type { Test } from '../model/test.ts'
import { combineByCheck, combineByOperator, judgeExistence, noResults } from '../tables.ts'
import { countStatuses, explainState, matchState } from './state.ts'

/** A test, its object with what was collected for it, and its states. */
export interface TestInput {
  readonly test: Test
  readonly object: { readonly resolved: ResolvedObject; readonly collected: CollectedObject }
  readonly states: readonly ResolvedState[]
}

/** A test's result and what the existence of items alone said, when that was asked. */
export interface TestVerdict {
  readonly result: OvalResult
  readonly existence: OvalResult | undefined
  /** Whether the items were held against the states. */
  readonly areItemsJudged: boolean
}

/**
 * OVAL language, test evaluation: first the flag of the object, then how many items exist, then what the states say.
 * The flags' special cases for `any_exist` without a state (it asks nothing, so nothing can fail) are the referee's.
 */
export function judgeTest(test: Test, collected: CollectedObject, states: readonly ResolvedState[]): TestVerdict {
  const asksNothing = test.checkExistence === 'any_exist' && states.length === 0
  switch (collected.flag) {
    case 'error':
      return unjudged(asksNothing ? 'true' : 'error')
    case 'not collected':
      return unjudged(asksNothing ? 'true' : 'unknown')
    case 'not applicable':
      return unjudged(asksNothing ? 'true' : 'not applicable')
    case 'does not exist':
      return judgeNothing(test)
    case 'complete':
      return judgeComplete(test, collected.items, states)
    case 'incomplete':
      return judgeIncomplete(test, collected.items, states)
  }
}

function unjudged(result: OvalResult, existence?: OvalResult): TestVerdict {
  return { result, existence, areItemsJudged: false }
}

/** Nothing exists: that satisfies a test that asks for none or for any number, whatever its states say. */
function judgeNothing({ checkExistence }: Test): TestVerdict {
  return unjudged(checkExistence === 'none_exist' || checkExistence === 'any_exist' ? 'true' : 'false')
}

function judgeComplete(test: Test, items: readonly Item[], states: readonly ResolvedState[]): TestVerdict {
  if (items.every(({ status }) => status === 'does not exist')) return judgeNothing(test)
  // "Non-existent items have no impact upon evaluation" (ExistenceEnumeration, all_exist, on tests).
  const counts = countStatuses(items)
  counts['does not exist'] = 0
  const existence = judgeExistence(test.checkExistence, counts)
  if (existence !== 'true' || states.length === 0) return unjudged(existence, existence)
  return { result: judgeItems(test, items, states), existence, areItemsJudged: true }
}

/** More items may exist than are known: only what further items could not change is decided. */
function judgeIncomplete(test: Test, items: readonly Item[], states: readonly ResolvedState[]): TestVerdict {
  const existence = judgeIncompleteExistence(test, countStatuses(items).exists)
  if (existence !== 'true' || states.length === 0) return unjudged(existence, existence)
  const known = judgeItems(test, items, states)
  const isFinal = known === 'false' || (known === 'true' && test.check === 'at least one')
  return { result: isFinal ? known : 'unknown', existence, areItemsJudged: true }
}

function judgeIncompleteExistence({ checkExistence }: Test, exists: number): OvalResult {
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

/** TestType, `check`: how many items must satisfy the states, "ignoring items with a status of Does Not Exist". */
function judgeItems(
  { check, stateOperator }: Test,
  items: readonly Item[],
  states: readonly ResolvedState[],
): OvalResult {
  const counts = noResults()
  for (const item of items) {
    if (item.status === 'does not exist') continue
    counts[judgeItem(item, states, stateOperator)]++
  }
  return combineByCheck(check, counts)
}

function judgeItem(item: Item, states: readonly ResolvedState[], operator: Test['stateOperator']): OvalResult {
  if (item.status === 'error') return 'error'
  if (item.status === 'not collected') return 'unknown'
  const only = states[0]
  if (states.length === 1 && only !== undefined) return matchState(only, item)
  const counts = noResults()
  for (const state of states) counts[matchState(state, item)]++
  return combineByOperator(operator, counts)
}

/** The verdict with everything it rests on. */
export function explainTest(input: TestInput, verdict: TestVerdict): TestResult {
  const { test, object, states } = input
  return {
    id: test.id,
    testType: test.testType,
    comment: test.comment,
    check: test.check,
    checkExistence: test.checkExistence,
    stateOperator: test.stateOperator,
    result: verdict.result,
    object: {
      id: object.resolved.id,
      digest: object.resolved.digest,
      flag: object.collected.flag,
      messages: object.collected.messages,
      counts: countStatuses(object.collected.items),
    },
    ...(verdict.existence === undefined ? {} : { existence: verdict.existence }),
    items: object.collected.items.map((item) => explainItem(item, input, verdict)),
    variables: usedVariables(object.resolved, states),
    messages: [],
  }
}

function explainItem(item: Item, { test, states }: TestInput, { areItemsJudged }: TestVerdict): TestedItem {
  if (!areItemsJudged || item.status === 'does not exist') return { item, result: 'not evaluated', states: [] }
  return {
    item,
    result: judgeItem(item, states, test.stateOperator),
    states: item.status === 'exists' ? states.map((state) => explainState(state, item)) : [],
  }
}

function usedVariables(object: ResolvedObject, states: readonly ResolvedState[]): TestedVariable[] {
  const entities = [object, ...object.filters.map(({ state }) => state), ...states].flatMap((part) => part.entities)
  const values = new Map<string, readonly string[]>()
  for (const entity of entities.flatMap((outer) => [outer, ...(outer.fields ?? [])])) {
    if (entity.variable !== undefined) values.set(entity.variable.id, entity.values)
  }
  return Array.from(values, ([id, used]) => ({ id, values: used }))
}

/** A test that cannot be evaluated at all: `unknown`, with the reason. */
export function unknownTest(test: Test | undefined, id: string, message: string): TestResult {
  return {
    id,
    testType: test?.testType ?? 'independent/unknown',
    comment: test?.comment ?? '',
    check: test?.check ?? 'all',
    checkExistence: test?.checkExistence ?? 'at_least_one_exists',
    stateOperator: test?.stateOperator ?? 'AND',
    result: 'unknown',
    items: [],
    variables: [],
    messages: [message],
  }
}
