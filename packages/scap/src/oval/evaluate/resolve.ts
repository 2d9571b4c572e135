import type { Entity } from '../model/entity.ts'
import type { OvalObject } from '../model/object.ts'
import type { ResolvedEntity, ResolvedObject, ResolvedState, Unresolved } from '../model/resolved-object.ts'
import type { State } from '../model/state.ts'
import type { VariableResult } from '../model/result.ts'
import { digestObject } from '../object-digest.ts'

/** What is looked up while references are replaced. */
export interface Resolvers {
  variable(id: string): VariableResult
  state(id: string): State
}

const resolvedStates = new WeakMap<State, Resolved<ResolvedState>>()
const resolvedObjects = new WeakMap<OvalObject, Resolved<ResolvedObject>>()

interface Resolved<T> {
  /** The values of all variables that it was resolved with. */
  readonly values: string
  readonly resolved: T
}

/** A state with its variables' values. While they stay the same it is prepared once, its comparisons too. */
export function resolveState(state: State, resolvers: Resolvers): ResolvedState {
  return reuse(resolvedStates, state, valuesOf(state.entities, resolvers), () => {
    const entities = state.entities.map((entity) => resolveEntity(entity, resolvers, entity.varCheck))
    return { id: state.id, testType: state.testType, operator: state.operator, entities }
  })
}

/** An object with its variables' values. While they stay the same it is prepared once, its digest too. */
export function resolveObject(object: OvalObject, resolvers: Resolvers): ResolvedObject {
  const { id, testType, behaviors } = object
  const states = object.filters.map(({ stateRef }) => resolvers.state(stateRef))
  const values = [object, ...states].map(({ entities }) => valuesOf(entities, resolvers)).join('')
  return reuse(resolvedObjects, object, values, () => {
    const entities = object.entities.map((entity) => resolveEntity(entity, resolvers, objectVarCheck(entity)))
    const filters = object.filters.map(({ action, stateRef }) => ({
      action,
      state: resolveState(resolvers.state(stateRef), resolvers),
    }))
    const asked = { testType, entities, behaviors, filters }
    const unresolved = findUnresolved(entities)
    return { id, digest: digestObject(asked), ...asked, ...(unresolved === undefined ? {} : { unresolved }) }
  })
}

function reuse<K extends object, T>(known: WeakMap<K, Resolved<T>>, source: K, values: string, make: () => T): T {
  const found = known.get(source)
  if (found?.values === values) return found.resolved
  const resolved = make()
  known.set(source, { values, resolved })
  return resolved
}

/** What the entities' variables came to, all that goes into what is resolved; empty without variables. */
function valuesOf(entities: readonly Entity[], resolvers: Resolvers): string {
  let text = ''
  for (const { varRef, fields } of entities) {
    if (varRef !== undefined) {
      const { id, flag, messages, isUnbound, values } = resolvers.variable(varRef)
      text += JSON.stringify([id, flag, messages, isUnbound, values])
    }
    if (fields !== undefined) text += valuesOf(fields, resolvers)
  }
  return text
}

/**
 * `all` of several different values can equal none, and what content means by it is each of them: the referee collects
 * for every value and unites. Where `all` can hold, as in `not equal`, it holds.
 */
function objectVarCheck({ varCheck, operation }: Entity): Entity['varCheck'] {
  const isEach = operation === 'equals' || operation === 'case insensitive equals' || operation === 'pattern match'
  return varCheck === 'all' && isEach ? 'at least one' : varCheck
}

function resolveEntity(entity: Entity, resolvers: Resolvers, varCheck: Entity['varCheck']): ResolvedEntity {
  const { value, varRef, fields, ...common } = entity
  const variable = varRef === undefined ? undefined : resolvers.variable(varRef)
  return {
    ...common,
    varCheck,
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
    ...(fields === undefined ? {} : { fields: fields.map((field) => resolveEntity(field, resolvers, field.varCheck)) }),
  }
}

/**
 * OVAL definitions schema, `var_ref`: an error of the variable is passed on; without a value the object does not exist.
 * What was not collected is passed on too: it may have values.
 */
function findUnresolved(entities: readonly ResolvedEntity[]): Unresolved | undefined {
  for (const { variable, values } of entities) {
    if (variable === undefined) continue
    const { id, flag, messages, isUnbound } = variable
    if ((flag === 'complete' || flag === 'incomplete') && values.length > 0) continue
    if (flag === 'error' || (flag === 'not collected' && !isUnbound)) {
      return { flag, messages: [`variable ${id} could not be worked out`, ...messages] }
    }
    return { flag: 'does not exist', messages: [`variable ${id} has no value`, ...messages] }
  }
  return undefined
}
