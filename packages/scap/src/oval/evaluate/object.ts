import type { Item } from '../model/item.ts'
import type { Filter, ObjectSet, OvalObject } from '../model/object.ts'
import type { ResolvedFilter, ResolvedObject } from '../model/resolved-object.ts'
import type { VariableResult } from '../model/result.ts'
import type { CollectedObject } from '../model/system-characteristics.ts'
import { applyFilters } from './filter.ts'
import { combineSets, withItems } from './set.ts'
import type { FlaggedItems } from './set.ts'

/** What sets and variable objects are worked out from. */
export interface ObjectParts {
  object(id: string): CollectedObject
  variable(id: string): VariableResult
  filters(filters: readonly Filter[]): readonly ResolvedFilter[]
}

/** The items of a set, from those of its members. */
export function computeSet(set: ObjectSet, parts: ObjectParts): CollectedObject {
  const members: CollectedObject[] = []
  const { flag, items } = computeMember(set)
  return {
    flag,
    items,
    messages: members.flatMap(({ messages }) => messages),
    collectedAt: latest(members),
  }

  function computeMember(member: ObjectSet | string, filters: readonly ResolvedFilter[] = []): FlaggedItems {
    if (typeof member === 'string') {
      const object = parts.object(member)
      members.push(object)
      const existing = object.items.filter(({ status }) => status !== 'does not exist')
      return withItems(object.flag, applyFilters(filters, existing))
    }
    const own = parts.filters(member.filters)
    const [first, second] = member.members.map((inner) => computeMember(inner, own))
    return second === undefined ? first! : combineSets(member.operator, first!, second)
  }
}

/**
 * A `variable_object` asks the asset nothing: its one item has the variable's values. A variable that nobody gave a
 * value has an item without any, as the referee has it.
 */
export function computeVariableObject(
  object: OvalObject,
  resolved: ResolvedObject,
  parts: ObjectParts,
): CollectedObject {
  const entity = object.entities.find(({ name }) => name === 'var_ref')
  const id = entity?.varRef ?? entity?.value.trim() ?? ''
  const { flag, values, datatype, messages, isUnbound } = parts.variable(id)
  const hasItem = flag === 'complete' || flag === 'incomplete' || isUnbound
  if (!hasItem) return { flag, items: [], messages: [`variable ${id} has no value`, ...messages], collectedAt: '' }
  const item: Item = {
    testType: 'independent/variable',
    status: 'exists',
    entities: [
      { name: 'var_ref', datatype: 'string', status: 'exists', value: id },
      ...values.map((value) => ({ name: 'value', datatype, status: 'exists', value }) as const),
    ],
  }
  const filtered = withItems(isUnbound ? 'complete' : flag, applyFilters(resolved.filters, [item]))
  return { ...filtered, messages, collectedAt: '' }
}

function latest(objects: readonly CollectedObject[]): string {
  return objects.reduce((last, { collectedAt }) => (collectedAt > last ? collectedAt : last), '')
}
