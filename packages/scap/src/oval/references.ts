import { ContentError } from '../errors.ts'
import type { XmlElement } from '../xml/element.ts'
import type { OvalContent } from './model/content.ts'
import type { Criteria } from './model/criteria.ts'
import type { Entity } from './model/entity.ts'
import type { Filter, ObjectSet } from './model/object.ts'
import type { Component } from './model/variable.ts'
import { placeOf } from './parse/attributes.ts'

type Section = Exclude<keyof OvalContent, 'schemaVersion'>

/** Longer than any real chain; keeps evaluation, which follows references by calling itself, within the stack. */
const MAX_CHAIN = 400

/** One reference from a thing to another, by the section that the other is in. */
export interface Reference {
  readonly section: Section
  readonly id: string
}

/** What a definition, test, object, state or variable refers to directly. */
export function referencesOf(content: OvalContent, section: Section, id: string): Reference[] {
  switch (section) {
    case 'definitions': {
      const criteria = content.definitions[id]?.criteria
      return criteria === undefined ? [] : criteriaReferences(criteria)
    }
    case 'tests': {
      const test = content.tests[id]
      if (test === undefined) return []
      const states = test.stateRefs.map((ref) => ({ section: 'states', id: ref }) as const)
      return test.objectRef === undefined ? states : [{ section: 'objects', id: test.objectRef }, ...states]
    }
    case 'objects': {
      const object = content.objects[id]
      if (object === undefined) return []
      return [
        ...entityReferences(object.entities, object.testType === 'independent/variable'),
        ...filterReferences(object.filters),
        ...(object.set === undefined ? [] : setReferences(object.set)),
      ]
    }
    case 'states':
      return entityReferences(content.states[id]?.entities ?? [], false)
    case 'variables': {
      const variable = content.variables[id]
      return variable?.kind === 'local' ? componentReferences(variable.component) : []
    }
  }
}

/** The variable that a `variable_object` asks for is the text of its `var_ref` entity. */
function entityReferences(entities: readonly Entity[], namesVariables: boolean): Reference[] {
  return entities.flatMap((entity) => [
    ...(entity.varRef === undefined ? [] : [{ section: 'variables', id: entity.varRef } as const]),
    ...(namesVariables && entity.name === 'var_ref' && entity.varRef === undefined && entity.operation === 'equals'
      ? [{ section: 'variables', id: entity.value.trim() } as const]
      : []),
    ...entityReferences(entity.fields ?? [], false),
  ])
}

function criteriaReferences(criteria: Criteria): Reference[] {
  switch (criteria.kind) {
    case 'criteria':
      return criteria.children.flatMap(criteriaReferences)
    case 'criterion':
      return [{ section: 'tests', id: criteria.testRef }]
    case 'extend_definition':
      return [{ section: 'definitions', id: criteria.definitionRef }]
  }
}

function filterReferences(filters: readonly Filter[]): Reference[] {
  return filters.map(({ stateRef }) => ({ section: 'states', id: stateRef }))
}

function setReferences(set: ObjectSet): Reference[] {
  return [
    ...set.members.flatMap((member): Reference[] =>
      typeof member === 'string' ? [{ section: 'objects', id: member }] : setReferences(member),
    ),
    ...filterReferences(set.filters),
  ]
}

function componentReferences(component: Component): Reference[] {
  switch (component.kind) {
    case 'literal_component':
      return []
    case 'object_component':
      return [{ section: 'objects', id: component.objectRef }]
    case 'variable_component':
      return [{ section: 'variables', id: component.varRef }]
    case 'arithmetic':
    case 'concat':
    case 'count':
    case 'time_difference':
    case 'unique':
      return component.components.flatMap(componentReferences)
    case 'begin':
    case 'end':
    case 'escape_regex':
    case 'glob_to_regex':
    case 'regex_capture':
    case 'split':
    case 'substring':
      return componentReferences(component.component)
  }
}

/** Refuses references to nothing and cycles, so that whoever follows references afterwards always arrives. */
export function checkReferences(content: OvalContent, place: (id: string) => XmlElement): void {
  const state = new Map<string, 'under way' | 'done'>()
  for (const section of ['definitions', 'tests', 'objects', 'states', 'variables'] as const) {
    for (const start of Object.keys(content[section])) visit(section, start)
  }

  // With its own stack: a chain of extended definitions may be longer than the call stack is deep.
  function visit(section: Section, id: string): void {
    const stack = [{ key: `${section} ${id}`, id, next: pending(section, id) }]
    if (state.has(stack[0]!.key)) return
    state.set(stack[0]!.key, 'under way')
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const reference = top.next.pop()
      if (reference === undefined) {
        state.set(top.key, 'done')
        stack.pop()
        continue
      }
      if (!Object.hasOwn(content[reference.section], reference.id)) {
        throw new ContentError(
          'content-dangling-reference',
          `"${top.id}" refers to "${reference.id}", which is not among the ${reference.section} of this document`,
          { ...placeOf(place(top.id)), id: top.id },
        )
      }
      const key = `${reference.section} ${reference.id}`
      const seen = state.get(key)
      if (seen === 'under way') {
        throw new ContentError(
          'content-circular-reference',
          `"${reference.id}" refers to itself by way of "${top.id}"`,
          {
            ...placeOf(place(top.id)),
            id: top.id,
          },
        )
      }
      if (seen === 'done') continue
      if (stack.length >= MAX_CHAIN) {
        throw new ContentError('content-invalid', `more than ${MAX_CHAIN} references from one to the next`, {
          ...placeOf(place(top.id)),
          id: top.id,
        })
      }
      state.set(key, 'under way')
      stack.push({ key, id: reference.id, next: pending(reference.section, reference.id) })
    }
  }

  function pending(section: Section, id: string): Reference[] {
    return referencesOf(content, section, id)
  }
}
