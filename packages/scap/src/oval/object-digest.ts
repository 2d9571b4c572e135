import { hash } from 'node:crypto'
import type { ResolvedEntity, ResolvedObject, ResolvedState } from './model/resolved-object.ts'

/**
 * What an object asks for, as a short text: the same for two objects that ask the same, whoever asks, in whatever order
 * they list it. Identifiers, versions and comments do not count; the values of variables do.
 */
export function digestObject(object: Omit<ResolvedObject, 'digest' | 'id'>): string {
  const canonical = [
    object.testType,
    canonicalEntities(object.entities),
    Object.entries(object.behaviors).sort(byText),
    object.filters.map(({ action, state }) => [action, canonicalState(state)]),
  ]
  return hash('sha256', JSON.stringify(canonical), 'base64url')
}

function canonicalState({ testType, operator, entities }: ResolvedState): unknown {
  return [testType, operator, canonicalEntities(entities)]
}

function canonicalEntities(entities: readonly ResolvedEntity[]): unknown[] {
  return entities
    .map((entity) => [
      entity.name,
      entity.datatype,
      entity.operation,
      entity.values.toSorted(),
      entity.variable === undefined ? '' : entity.varCheck,
      entity.entityCheck,
      entity.checkExistence,
      entity.nil,
      entity.mask,
      ...(entity.fields === undefined ? [] : [canonicalEntities(entity.fields)]),
    ])
    .map((parts) => ({ parts, key: JSON.stringify(parts) }))
    .sort((a, b) => (a.key < b.key ? -1 : 1))
    .map(({ parts }) => parts)
}

function byText([a]: readonly [string, string], [b]: readonly [string, string]): number {
  return a < b ? -1 : 1
}
