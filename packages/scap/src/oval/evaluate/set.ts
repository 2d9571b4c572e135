import type { Flag } from '../model/enumerations.ts'
import type { Item, ItemEntity } from '../model/item.ts'
import type { ObjectSet } from '../model/object.ts'
import { combineSetFlags } from '../tables.ts'

/** Items with the flag that says how complete they are. */
export interface FlaggedItems {
  readonly flag: Flag
  readonly items: readonly Item[]
}

/** Joins two sets of items. An item is the same as another when it says the same. */
export function combineSets(operator: ObjectSet['operator'], first: FlaggedItems, second: FlaggedItems): FlaggedItems {
  const inSecond = new Set(second.items.map(identityOf))
  const flag = combineSetFlags(operator, first.flag, second.flag)
  switch (operator) {
    case 'UNION':
      return withItems(flag, [...first.items, ...second.items])
    case 'INTERSECTION':
      return withItems(
        flag,
        first.items.filter((item) => inSecond.has(identityOf(item))),
      )
    case 'COMPLEMENT':
      return withItems(
        flag,
        first.items.filter((item) => !inSecond.has(identityOf(item))),
      )
  }
}

/** Each item once. A complete set of nothing does not exist. */
export function withItems(flag: Flag, items: readonly Item[]): FlaggedItems {
  if (items.length === 0) return { flag: flag === 'complete' ? 'does not exist' : flag, items }
  const unique = new Map(items.map((item) => [identityOf(item), item]))
  return { flag, items: unique.size === items.length ? items : [...unique.values()] }
}

const identities = new WeakMap<Item, string>()

export function identityOf(item: Item): string {
  const known = identities.get(item)
  if (known !== undefined) return known
  const identity = JSON.stringify([item.testType, item.status, item.entities.map(entityIdentity)])
  identities.set(item, identity)
  return identity
}

function entityIdentity({ name, datatype, status, value, fields }: ItemEntity): unknown[] {
  return fields === undefined ? [name, datatype, status, value] : [name, datatype, status, fields.map(entityIdentity)]
}
