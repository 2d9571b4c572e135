import type { OvalContent } from '../model/content.ts'
import type { Criteria, CriteriaGroup, Criterion, ExtendDefinition } from '../model/criteria.ts'
import type { Definition } from '../model/definition.ts'
import type { Entity } from '../model/entity.ts'
import type { Operator } from '../model/enumerations.ts'
import type { Filter, OvalObject } from '../model/object.ts'
import type { ResolvedObject, ResolvedState } from '../model/resolved-object.ts'
import type { VariableResult } from '../model/result.ts'
import type { State } from '../model/state.ts'
import type { Test } from '../model/test.ts'
import type { Variable } from '../model/variable.ts'

/**
 * A document's things with what they refer to at hand, so that an evaluation looks nothing up by its identifier. `at`
 * numbers the things of one kind: what they come to is kept in a list.
 */
export interface Links {
  definition(id: string): LinkedDefinition
  test(id: string): LinkedTest
  object(id: string): LinkedObject
  state(id: string): LinkedState
  variable(id: string): LinkedVariable
}

export interface LinkedDefinition {
  readonly at: number
  readonly id: string
  /** This and its like are `undefined` where the document has no such thing. */
  readonly definition: Definition | undefined
  readonly criteria: LinkedGroup | undefined
}

export type LinkedCriteria = LinkedGroup | LinkedCriterion | LinkedExtension

export interface LinkedGroup {
  readonly kind: 'criteria'
  readonly node: CriteriaGroup
  readonly operator: Operator
  readonly negate: boolean
  readonly children: readonly LinkedCriteria[]
}

export interface LinkedCriterion {
  readonly kind: 'criterion'
  readonly node: Criterion
  readonly negate: boolean
  readonly test: LinkedTest
}

export interface LinkedExtension {
  readonly kind: 'extend_definition'
  readonly node: ExtendDefinition
  readonly negate: boolean
  readonly definition: LinkedDefinition
}

export interface LinkedTest {
  readonly at: number
  readonly id: string
  readonly test: Test | undefined
  /** `undefined` where the test asks for nothing that can be collected. */
  readonly object: LinkedObject | undefined
  readonly states: readonly LinkedState[]
}

export interface LinkedObject extends Resolvable<ResolvedObject> {
  readonly at: number
  readonly id: string
  readonly object: OvalObject | undefined
  readonly filters: readonly { readonly action: Filter['action']; readonly state: LinkedState }[]
}

export interface LinkedState extends Resolvable<ResolvedState> {
  readonly at: number
  readonly state: State
}

/** What takes values of variables, those of its filters' states too. What it was resolved to is kept for the same values. */
export interface Resolvable<T> {
  readonly variables: readonly LinkedVariable[]
  last: { readonly variables: readonly VariableResult[]; readonly resolved: T } | undefined
}

export interface LinkedVariable {
  readonly at: number
  readonly id: string
  readonly variable: Variable | undefined
}

const documents = new WeakMap<OvalContent, Links>()

/** The same for all evaluations of a document: each thing is linked once, when it is first asked for. */
export function linksOf(content: OvalContent): Links {
  const known = documents.get(content)
  if (known !== undefined) return known
  const links = link(content)
  documents.set(content, links)
  return links
}

function link(content: OvalContent): Links {
  const variable = section((id, at): LinkedVariable => ({ at, id, variable: own(content.variables, id) }))
  const variablesOf = (entities: readonly Entity[]): LinkedVariable[] =>
    entities.flatMap(({ varRef, fields }) => [
      ...(varRef === undefined ? [] : [variable(varRef)]),
      ...(fields === undefined ? [] : variablesOf(fields)),
    ])
  const state = section((id, at): LinkedState => {
    const found = content.states[id]!
    return { at, state: found, variables: variablesOf(found.entities), last: undefined }
  })
  const object = section((id, at): LinkedObject => {
    const found = own(content.objects, id)
    const filters = (found?.filters ?? []).map(({ action, stateRef }) => ({ action, state: state(stateRef) }))
    const variables = [variablesOf(found?.entities ?? []), ...filters.map((filter) => filter.state.variables)].flat()
    return { at, id, object: found, filters, variables, last: undefined }
  })
  const test = section((id, at): LinkedTest => {
    const found = own(content.tests, id)
    const objectRef = found?.testType === 'independent/unknown' ? undefined : found?.objectRef
    return {
      at,
      id,
      test: found,
      object: objectRef === undefined ? undefined : object(objectRef),
      states: (found?.stateRefs ?? []).map(state),
    }
  })
  const definition = section((id, at): LinkedDefinition => {
    const found = own(content.definitions, id)
    return { at, id, definition: found, criteria: found?.criteria === undefined ? undefined : group(found.criteria) }
  })
  const group = (node: CriteriaGroup): LinkedGroup => ({
    kind: 'criteria',
    node,
    operator: node.operator,
    negate: node.negate,
    children: node.children.map(criteria),
  })
  const criteria = (node: Criteria): LinkedCriteria => {
    switch (node.kind) {
      case 'criteria':
        return group(node)
      case 'criterion':
        return { kind: 'criterion', node, negate: node.negate, test: test(node.testRef) }
      case 'extend_definition':
        return { kind: 'extend_definition', node, negate: node.negate, definition: definition(node.definitionRef) }
    }
  }
  return { definition, test, object, state, variable }
}

function section<T>(make: (id: string, at: number) => T): (id: string) => T {
  const known = new Map<string, T>()
  let count = 0
  return (id) => {
    let linked = known.get(id)
    if (linked === undefined) {
      linked = make(id, count++)
      known.set(id, linked)
    }
    return linked
  }
}

/** Identifiers come from documents; they must not find what every object has. */
export function own<T>(entries: Readonly<Record<string, T>>, id: string): T | undefined {
  return Object.hasOwn(entries, id) ? entries[id] : undefined
}
