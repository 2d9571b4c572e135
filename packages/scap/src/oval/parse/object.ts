import { ContentError } from '../../errors.ts'
import { attribute, child, childrenNamed } from '../../xml/element.ts'
import type { XmlElement } from '../../xml/element.ts'
import type { Filter, ObjectSet, OvalObject } from '../model/object.ts'
import { oneOf, placeOf, requireId } from './attributes.ts'
import { parseEntity } from './entity.ts'
import { OVAL_DEFINITIONS, testTypeOf } from './namespaces.ts'

const ACTIONS: readonly Filter['action'][] = ['exclude', 'include']
const SET_OPERATORS: readonly ObjectSet['operator'][] = ['COMPLEMENT', 'INTERSECTION', 'UNION']

export function parseObject(element: XmlElement): OvalObject {
  const behaviors = child(element, 'behaviors')
  const set = child(element, 'set', OVAL_DEFINITIONS)
  return {
    id: requireId(element),
    version: attribute(element, 'version') ?? '0',
    testType: testTypeOf(element, '_object'),
    comment: attribute(element, 'comment') ?? '',
    entities: element.children.filter((inner) => isEntity(inner, element)).map(parseEntity),
    behaviors: Object.fromEntries((behaviors?.attributes ?? []).map(({ name, value }) => [name, value])),
    filters: parseFilters(element),
    ...(set === undefined ? {} : { set: parseSet(set) }),
  }
}

/** Entities live in their own schema's namespace; `set`, `filter`, notes and signatures do not. */
export function isEntity(inner: XmlElement, parent: XmlElement): boolean {
  return inner.namespace === parent.namespace && inner.name !== 'behaviors'
}

function parseSet(element: XmlElement): ObjectSet {
  const sets = childrenNamed(element, 'set').map(parseSet)
  const references = childrenNamed(element, 'object_reference').map((reference) => reference.text.trim())
  const members = sets.length > 0 ? sets : references
  if (members.length < 1 || members.length > 2 || (sets.length > 0 && references.length > 0)) {
    throw new ContentError('content-invalid', 'a set has one or two sets, or one or two objects', placeOf(element))
  }
  return {
    operator: oneOf(element, 'set_operator', SET_OPERATORS, 'UNION'),
    members,
    filters: parseFilters(element),
  }
}

function parseFilters(element: XmlElement): Filter[] {
  return childrenNamed(element, 'filter', OVAL_DEFINITIONS).map((filter) => ({
    action: oneOf(filter, 'action', ACTIONS, 'exclude'),
    stateRef: filter.text.trim(),
  }))
}
