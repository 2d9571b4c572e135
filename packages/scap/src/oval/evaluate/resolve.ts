import type { Entity } from '../model/entity.ts'
import type {
  ResolvedEntity,
  ResolvedFilter,
  ResolvedObject,
  ResolvedState,
  Unresolved,
} from '../model/resolved-object.ts'
import type { VariableResult } from '../model/result.ts'
import { digestObject } from '../object-digest.ts'
import type { LinkedObject, LinkedState, LinkedVariable, Resolvable } from './link.ts'

type Values = (variable: LinkedVariable) => VariableResult

/** A state with its variables' values. While they stay the same it is prepared once, its comparisons too. */
export function resolveState(linked: LinkedState, values: Values): ResolvedState {
  return reuse(linked, values, (variable) => {
    const { id, testType, operator, entities } = linked.state
    return {
      id,
      testType,
      operator,
      entities: entities.map((entity) => resolveEntity(entity, variable, entity.varCheck)),
    }
  })
}

/** An object with its variables' values. While they stay the same it is prepared once, its digest too. */
export function resolveObject(linked: LinkedObject, values: Values): ResolvedObject {
  return reuse(linked, values, (variable) => {
    const { id, object } = linked
    if (object === undefined) return missingObject(id)
    const { testType, behaviors } = object
    const entities = object.entities.map((entity) => resolveEntity(entity, variable, entity.varCheck)).map(withOneValue)
    const filters = linked.filters.map(({ action, state }) => ({ action, state: resolveState(state, values) }))
    const asked = { testType, entities, behaviors, filters }
    const unresolved = findUnresolved(entities) ?? findUndecided(filters)
    return { id, digest: digestObject(asked), ...asked, ...(unresolved === undefined ? {} : { unresolved }) }
  })
}

function missingObject(id: string): ResolvedObject {
  const unresolved = { flag: 'error', messages: [`there is no object ${id}`] } as const
  return { id, digest: '', testType: 'independent/unknown', entities: [], behaviors: {}, filters: [], unresolved }
}

type ValuesById = (id: string) => VariableResult

function reuse<T>(linked: Resolvable<T>, values: Values, make: (variable: ValuesById) => T): T {
  const { last, variables } = linked
  if (last !== undefined && variables.every((variable, at) => isSame(values(variable), last.variables[at]!))) {
    return last.resolved
  }
  const results = variables.map(values)
  const byId = new Map(results.map((result) => [result.id, result]))
  const resolved = make((id) => byId.get(id)!)
  linked.last = { variables: results, resolved }
  return resolved
}

/** All that goes into what is resolved. */
function isSame(one: VariableResult, other: VariableResult): boolean {
  return (
    one.flag === other.flag &&
    one.isUnbound === other.isUnbound &&
    areSame(one.values, other.values) &&
    areSame(one.messages, other.messages)
  )
}

function areSame(some: readonly string[], others: readonly string[]): boolean {
  return some.length === others.length && some.every((text, at) => text === others[at])
}

/** All of a single value is at least one of it: what asks the same has the same digest. */
function withOneValue(entity: ResolvedEntity): ResolvedEntity {
  const { operation, varCheck, values } = entity
  const isEach = operation === 'equals' || operation === 'case insensitive equals' || operation === 'pattern match'
  return isEach && varCheck === 'all' && new Set(values).size === 1 ? { ...entity, varCheck: 'at least one' } : entity
}

function resolveEntity(entity: Entity, values: ValuesById, varCheck: Entity['varCheck']): ResolvedEntity {
  const { value, varRef, fields, ...common } = entity
  const variable = varRef === undefined ? undefined : values(varRef)
  return {
    ...common,
    // How many of one value must hold is no question.
    varCheck: variable === undefined ? 'all' : varCheck,
    values: variable?.values ?? [value],
    ...(variable === undefined
      ? {}
      : {
          variable: {
            id: variable.id,
            flag: variable.flag,
            messages: variable.messages,
            isUnbound: variable.isUnbound,
          },
        }),
    ...(fields === undefined ? {} : { fields: fields.map((field) => resolveEntity(field, values, field.varCheck)) }),
  }
}

/**
 * OVAL definitions schema, `var_ref`: an error of the variable is passed on; without a value the object does not exist.
 * What was not collected is passed on too: it may have values.
 */
function findUnresolved(entities: readonly ResolvedEntity[]): Unresolved | undefined {
  return firstOf(
    entities.flatMap(({ variable, values }): Unresolved[] => {
      if (variable === undefined) return []
      const { id, flag, messages, isUnbound } = variable
      if ((flag === 'complete' || flag === 'incomplete') && values.length > 0) return []
      if (flag === 'error' || (flag === 'not collected' && !isUnbound)) {
        return [{ flag, messages: [`variable ${id} could not be worked out`, ...messages] }]
      }
      return [{ flag: 'does not exist', messages: [`variable ${id} has no value`, ...messages] }]
    }),
  )
}

/** What was not collected hides no error: nowhere in the schemas does it. */
function firstOf(found: readonly Unresolved[]): Unresolved | undefined {
  const [first] = found
  return first?.flag === 'not collected' ? (found.find(({ flag }) => flag === 'error') ?? first) : first
}

/** A filter whose values could not be read cannot tell what it drops: neither what is kept nor what is left out is known. */
function findUndecided(filters: readonly ResolvedFilter[]): Unresolved | undefined {
  const entities = filters.flatMap(({ state }) => state.entities)
  return firstOf(
    entities.flatMap(({ variable }): Unresolved[] => {
      if (variable === undefined || variable.isUnbound) return []
      const { id, flag, messages } = variable
      if (flag !== 'error' && flag !== 'not collected') return []
      return [{ flag, messages: [`variable ${id} of a filter could not be worked out`, ...messages] }]
    }),
  )
}
