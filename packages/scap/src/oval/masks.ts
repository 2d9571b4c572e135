import type { Evaluation } from './evaluate/evaluation.ts'
import { identityOf } from './evaluate/set.ts'
import type { OvalContent } from './model/content.ts'
import type { Entity } from './model/entity.ts'
import type { Item } from './model/item.ts'
import type { ObjectSet, OvalObject } from './model/object.ts'
import type { Component } from './model/variable.ts'

/** Names of entities whose values must be hidden; `entity/field` for one field of a record. */
export type Masks = ReadonlySet<string>

const none: Masks = new Set()

/**
 * OVAL definitions schema, EntityAttributeGroup, `mask`: what an object, a state or a filter hides is hidden in every item
 * that the object found, whatever others say that speak of the same item.
 */
export function masksOf(evaluation: Evaluation, content: OvalContent): (item: Item) => Masks {
  const known = byEvaluation.get(evaluation)
  if (known !== undefined) return known
  const hidden = new Map<string, Set<string>>()
  const hide = (id: string, names: Iterable<string>) => {
    for (const item of evaluation.object(id).items) {
      const identity = identityOf(item)
      hidden.set(identity, new Set([...(hidden.get(identity) ?? []), ...names]))
    }
  }
  const masked = maskedByObject(content)
  for (const [id, names] of masked) hide(id, names)
  for (const object of masked.size === 0 ? [] : Object.values(content.objects)) {
    const variable = variableOf(object)
    if (variable !== undefined && derivesFromMasked(content, variable)) hide(object.id, ['value'])
  }
  const find = (item: Item) => (hidden.size === 0 ? none : (hidden.get(identityOf(item)) ?? none))
  byEvaluation.set(evaluation, find)
  return find
}

const byEvaluation = new WeakMap<Evaluation, (item: Item) => Masks>()

/** What is computed from a masked entity may be it. */
export function derivesFromMasked(content: OvalContent, variableId: string, seen: Set<string> = new Set()): boolean {
  if (maskedByObject(content).size === 0 || seen.has(variableId)) return false
  seen.add(variableId)
  const variable = content.variables[variableId]
  return variable?.kind === 'local' && componentsOf(variable.component).some((part) => isMasked(part))

  function isMasked(part: Component): boolean {
    if (part.kind === 'variable_component') return derivesFromMasked(content, part.varRef, seen)
    if (part.kind !== 'object_component') return false
    const { itemField, objectRef, recordField } = part
    const asked = content.objects[objectRef]
    const behind = asked === undefined ? undefined : variableOf(asked)
    if (behind !== undefined && derivesFromMasked(content, behind, seen)) return true
    const names = maskedByObject(content).get(objectRef) ?? none
    const fields = recordField === undefined ? [...names] : [`${itemField}/${recordField.toLowerCase()}`]
    return names.has(itemField) || fields.some((name) => name.startsWith(`${itemField}/`) && names.has(name))
  }
}

/** The variable that an `independent/variable` object shows. */
function variableOf({ testType, entities }: OvalObject): string | undefined {
  if (testType !== 'independent/variable') return undefined
  const entity = entities.find(({ name }) => name === 'var_ref')
  return entity?.varRef ?? entity?.value.trim()
}

export function componentsOf(component: Component): Component[] {
  return [component, ...innerOf(component).flatMap(componentsOf)]
}

export function innerOf(component: Component): readonly Component[] {
  if ('components' in component) return component.components
  return 'component' in component ? [component.component] : []
}

const byContent = new WeakMap<OvalContent, ReadonlyMap<string, Masks>>()

/** By the id of an object: what it, its filters and the states of its tests hide. */
function maskedByObject(content: OvalContent): ReadonlyMap<string, Masks> {
  const known = byContent.get(content)
  if (known !== undefined) return known
  const masked = new Map<string, Set<string>>()
  const add = (id: string, entities: readonly Entity[] | undefined) => {
    const names = namesOf(entities ?? [])
    if (names.length > 0) masked.set(id, new Set([...(masked.get(id) ?? []), ...names]))
  }
  for (const object of Object.values(content.objects)) {
    add(object.id, object.entities)
    for (const { stateRef } of filtersOf(object)) add(object.id, content.states[stateRef]?.entities)
  }
  for (const { objectRef, stateRefs } of Object.values(content.tests)) {
    if (objectRef === undefined) continue
    for (const ref of stateRefs) add(objectRef, content.states[ref]?.entities)
  }
  byContent.set(content, masked)
  return masked
}

function namesOf(entities: readonly Entity[]): string[] {
  return entities.flatMap(({ name, mask, fields = [] }) =>
    mask ? [name] : fields.filter((field) => field.mask).map((field) => `${name}/${field.name}`),
  )
}

function filtersOf({ filters, set }: OvalObject) {
  return set === undefined ? filters : [...filters, ...filtersOfSet(set)]
}

function filtersOfSet({ filters, members }: ObjectSet): ObjectSet['filters'] {
  return [...filters, ...members.flatMap((member) => (typeof member === 'string' ? [] : filtersOfSet(member)))]
}
