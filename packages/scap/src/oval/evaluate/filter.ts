import type { Item } from '../model/item.ts'
import type { ResolvedFilter } from '../model/resolved-object.ts'
import { matchState } from './state.ts'

/**
 * The items that pass all filters. `exclude` drops what matches the state, `include` drops what does not; an item that
 * cannot be judged stays, so that nothing disappears unseen.
 */
export function applyFilters(filters: readonly ResolvedFilter[], items: readonly Item[]): readonly Item[] {
  if (filters.length === 0) return items
  return items.filter((item) => filters.every((filter) => passes(filter, item)))
}

function passes({ action, state }: ResolvedFilter, item: Item): boolean {
  // Unlike in a test, the referee takes an entity that the item lacks for a mismatch here; the schema leaves it open.
  const result = matchState(state, item, 'false')
  return action === 'exclude' ? result !== 'true' : result !== 'false'
}
