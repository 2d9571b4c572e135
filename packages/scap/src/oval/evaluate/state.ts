import type { OvalResult, Status } from '../model/enumerations.ts'
import type { Item, ItemEntity } from '../model/item.ts'
import type { ResolvedEntity, ResolvedState } from '../model/resolved-object.ts'
import type { EntityResult, StateResult } from '../model/result.ts'
import { combineByCheck, combineByOperator, judgeExistence, noResults } from '../tables.ts'
import { matchFields, matchItemEntity } from './entity.ts'

/** Whether an item is as the state says; `missing` is what counts for an entity that the item does not have at all. */
export function matchState(state: ResolvedState, item: Item, missing: OvalResult = 'unknown'): OvalResult {
  const counts = noResults()
  for (const entity of state.entities) counts[judgeEntity(state, entity, item, missing).result]++
  return combineByOperator(state.operator, counts)
}

/** The same, with what each entity expected and what was found. */
export function explainState(state: ResolvedState, item: Item): StateResult {
  const counts = noResults()
  const entities = state.entities.map((entity) => {
    const { result, candidates } = judgeEntity(state, entity, item, 'unknown')
    counts[result]++
    return explainEntity(entity, candidates, result)
  })
  return { id: state.id, operator: state.operator, result: combineByOperator(state.operator, counts), entities }
}

function judgeEntity(state: ResolvedState, entity: ResolvedEntity, item: Item, missing: OvalResult) {
  const name = itemEntityName(state, entity.name)
  const candidates = item.entities.filter((candidate) => candidate.name === name)
  return { result: judgeCandidates(entity, candidates, missing), candidates }
}

/**
 * OVAL definitions schema, EntityStateSimpleBaseType: first how many such entities the item has, then what they say.
 * The schema leaves open what an item without any such entity is, under the default of `check_existence`; as the
 * referee does, we say unknown: nobody looked.
 */
function judgeCandidates(entity: ResolvedEntity, candidates: readonly ItemEntity[], missing: OvalResult): OvalResult {
  const { checkExistence } = entity
  if (candidates.length === 0 && checkExistence === 'at_least_one_exists') return missing
  if (checkExistence !== 'at_least_one_exists') {
    const existence = judgeExistence(checkExistence, countStatuses(candidates))
    // None to compare: asking for none, or for any number, is satisfied by that.
    if (existence !== 'true' || !candidates.some(({ status }) => status !== 'does not exist')) return existence
  }
  const counts = noResults()
  for (const candidate of candidates) {
    if (candidate.status === 'does not exist' && checkExistence !== 'at_least_one_exists') continue
    counts[matchItemEntity(entity, candidate)]++
  }
  return combineByCheck(entity.entityCheck, counts)
}

/** The deprecated `textfilecontent_state` calls `line` what its item has called `text` since 5.4. */
function itemEntityName(state: ResolvedState, name: string): string {
  return state.testType === 'independent/textfilecontent' && name === 'line' ? 'text' : name
}

export function countStatuses(things: readonly { readonly status: Status }[]): Record<Status, number> {
  const counts = { exists: 0, 'does not exist': 0, error: 0, 'not collected': 0 }
  for (const { status } of things) counts[status]++
  return counts
}

function explainEntity(entity: ResolvedEntity, candidates: readonly ItemEntity[], result: OvalResult): EntityResult {
  const mask = entity.mask || candidates.some((candidate) => candidate.mask === true)
  return {
    name: entity.name,
    operation: entity.operation,
    datatype: entity.datatype,
    expected: mask ? [] : entity.values,
    found: mask ? [] : candidates.filter(({ status }) => status === 'exists').map(({ value }) => value),
    entityCheck: entity.entityCheck,
    checkExistence: entity.checkExistence,
    varCheck: entity.varCheck,
    ...(entity.variable === undefined ? {} : { variable: entity.variable }),
    mask,
    result,
    ...(entity.fields === undefined ? {} : { fields: explainFields(entity.fields, candidates) }),
  }
}

function explainFields(fields: readonly ResolvedEntity[], records: readonly ItemEntity[]): EntityResult[] {
  const found = records.flatMap((record) => record.fields ?? [])
  return fields.map((field) => {
    const candidates = found.filter(({ name }) => name.toLowerCase() === field.name)
    return explainEntity(field, candidates, matchFields(field, candidates))
  })
}
