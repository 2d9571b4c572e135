import { compileComparison } from '../oval/datatypes/compile.ts'
import { countStatuses } from '../oval/evaluate/state.ts'
import type { OvalResult } from '../oval/model/enumerations.ts'
import { combineByCheck, combineByOperator, judgeExistence, noResults } from '../oval/tables.ts'
import type { ItemEntityTrace, ItemTrace, StateEntityTrace, TestTrace } from './trace.ts'

/** What an item comes to, from the values that were found and those that were expected. */
export function replayItem(item: ItemTrace, { stateOperator, testType }: TestTrace): OvalResult {
  if (item.status === 'error') return 'error'
  if (item.status === 'not collected') return 'unknown'
  const results = item.states.map(({ operator, entities }) =>
    combineByOperator(operator, count(entities.map((entity) => replayEntity(entity, item, testType)))),
  )
  const [only] = results
  return results.length === 1 && only !== undefined ? only : combineByOperator(stateOperator, count(results))
}

function replayEntity(entity: StateEntityTrace, item: ItemTrace, testType: string): OvalResult {
  if (entity.isPartial === true) return entity.result
  // The deprecated type calls `line` what its item calls `text`.
  const name = testType === 'independent/textfilecontent' && entity.name === 'line' ? 'text' : entity.name
  const found = item.entities.filter((one) => one.name === name)
  if (entity.checkExistence === 'at_least_one_exists') {
    return found.length === 0 ? 'unknown' : replayCheck(entity, found)
  }
  const existence = judgeExistence(entity.checkExistence, countStatuses(found))
  const there = found.filter(({ status }) => status !== 'does not exist')
  return existence === 'true' && there.length > 0 ? replayCheck(entity, there) : existence
}

function replayCheck(entity: StateEntityTrace, found: readonly ItemEntityTrace[]): OvalResult {
  return combineByCheck(entity.entityCheck, count(found.map((one) => replayValue(entity, one))))
}

function replayValue(entity: StateEntityTrace, found: ItemEntityTrace): OvalResult {
  switch (found.status) {
    case 'does not exist':
      return 'false'
    case 'error':
      return 'error'
    case 'not collected':
      return 'unknown'
    case 'exists':
      if ((entity.fields === undefined) !== (found.fields === undefined)) return 'error'
      return entity.fields === undefined ? replayComparison(entity, found.value ?? '') : replayRecord(entity, found)
  }
}

function replayComparison(entity: StateEntityTrace, found: string): OvalResult {
  const { datatype, operation, expected, varCheck, variableFlag = 'complete' } = entity
  if (entity.variable !== undefined) {
    if (variableFlag === 'not collected') return 'unknown'
    if (expected.length === 0 || (variableFlag !== 'complete' && variableFlag !== 'incomplete')) return 'error'
  }
  const results = expected.map((value) => compileComparison(datatype, operation, value)(found))
  // Without a variable there is one value, and how many must hold is not asked.
  return combineByCheck(varCheck ?? 'all', count(results))
}

/** All fields that are expected have to be there, and to be as expected. */
function replayRecord({ fields = [] }: StateEntityTrace, record: ItemEntityTrace): OvalResult {
  const results = fields.map((field) => {
    if (field.isPartial === true) return field.result
    const found = (record.fields ?? []).filter(({ name }) => name.toLowerCase() === field.name)
    return found.length === 0 ? 'error' : replayCheck(field, found)
  })
  return combineByCheck('all', count(results))
}

function count(results: readonly OvalResult[]): Record<OvalResult, number> {
  const counts = noResults()
  for (const result of results) counts[result]++
  return counts
}
