import { compileComparison } from '../datatypes/compile.ts'
import type { Comparison } from '../datatypes/comparison.ts'
import type { OvalResult } from '../model/enumerations.ts'
import type { ItemEntity } from '../model/item.ts'
import type { ResolvedEntity } from '../model/resolved-object.ts'
import { combineByCheck, noResults } from '../tables.ts'

/** Comparisons are prepared once per entity: patterns compiled, numbers read. */
const comparisons = new WeakMap<ResolvedEntity, Comparison>()

/**
 * Whether a value found on the asset is what the entity asks for, by the entity's datatype and operation.
 * Of several expected values `varCheck` says how many must hold.
 */
export function matchEntity(entity: ResolvedEntity, found: string): OvalResult {
  let compare = comparisons.get(entity)
  if (compare === undefined) {
    compare = compileEntity(entity)
    comparisons.set(entity, compare)
  }
  return compare(found)
}

function compileEntity(entity: ResolvedEntity): Comparison {
  const problem = variableProblem(entity)
  if (problem !== undefined) return () => problem
  const { datatype, operation, values, varCheck } = entity
  const each = values.map((value) => compileComparison(datatype, operation, value))
  const only = each[0]
  if (each.length === 1 && only !== undefined && varCheck !== 'none satisfy') return only
  return (found) => {
    const counts = noResults()
    for (const compare of each) counts[compare(found)]++
    return combineByCheck(varCheck, counts)
  }
}

/**
 * OVAL definitions schema, `var_ref`: a variable without a value makes a state entity an error. What was never
 * collected is not known to be an error.
 */
function variableProblem({ variable, values }: ResolvedEntity): OvalResult | undefined {
  if (variable === undefined) return undefined
  if (variable.flag === 'not collected' && !variable.isUnbound) return 'unknown'
  const hasValues = (variable.flag === 'complete' || variable.flag === 'incomplete') && values.length > 0
  return hasValues ? undefined : 'error'
}

/** Judges one entity of an item, taking its status into account. */
export function matchItemEntity(entity: ResolvedEntity, found: ItemEntity): OvalResult {
  switch (found.status) {
    case 'does not exist':
      return 'false'
    case 'error':
      return 'error'
    case 'not collected':
      return 'unknown'
    case 'exists':
      // Results that somebody else wrote leave it out.
      if (found.mask === true && found.value === '' && found.fields === undefined) return 'unknown'
      if ((entity.datatype === 'record') !== (found.datatype === 'record')) return 'error'
      return entity.datatype === 'record' ? matchRecord(entity, found) : matchEntity(entity, found.value)
  }
}

/** OVAL definitions schema, EntityStateRecordType: the fields' results are joined by a logical AND. */
function matchRecord(entity: ResolvedEntity, found: ItemEntity): OvalResult {
  const counts = noResults()
  for (const field of entity.fields ?? []) counts[matchFields(field, found.fields ?? [])]++
  return combineByCheck('all', counts)
}

/** OVAL definitions schema, EntityStateFieldType: a field that the record does not have is an error. */
export function matchFields(field: ResolvedEntity, found: readonly ItemEntity[]): OvalResult {
  const candidates = found.filter(({ name }) => name.toLowerCase() === field.name)
  if (candidates.length === 0) return 'error'
  const counts = noResults()
  for (const candidate of candidates) counts[matchItemEntity(field, candidate)]++
  return combineByCheck(field.entityCheck, counts)
}
