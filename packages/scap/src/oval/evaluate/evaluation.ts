import type { OvalContent } from '../model/content.ts'
import type { OvalResult } from '../model/enumerations.ts'
import type { ResolvedObject } from '../model/resolved-object.ts'
import type { DefinitionResult, TestResult, VariableResult } from '../model/result.ts'
import type { CollectedObject } from '../model/system-characteristics.ts'
import type { ComponentOutcome } from './component.ts'
import { evaluateCriteriaGroup } from './criteria.ts'
import { computeSet, computeVariableObject } from './object.ts'
import type { ObjectParts } from './object.ts'
import { resolveObject, resolveState } from './resolve.ts'
import type { Resolvers } from './resolve.ts'
import { explainTest, judgeTest, unknownTest } from './test.ts'
import type { TestInput, TestVerdict } from './test.ts'
import { evaluateVariable } from './variable.ts'

/** Where collected objects are looked up: by digest in our own evidence, by id in a document that someone else wrote. */
export interface ObjectSource {
  /** `undefined`: it was not collected. */
  find(digest: string, objectId: string): CollectedObject | undefined
}

export interface EvaluationInput {
  readonly content: OvalContent
  readonly source: ObjectSource
  /** Values by variable id. A variable that is not named here has no value. */
  readonly externalVariables?: Readonly<Record<string, readonly string[]>>
  /** The moment that counts as now for `time_difference` with one component. */
  readonly now?: Date
}

/** Verdicts of one document over one set of collected objects. Everything is worked out once; nothing throws on parsed content. */
export interface Evaluation {
  definition(id: string): DefinitionResult
  /** The test with all that its result rests on; made when asked for. */
  test(id: string): TestResult
  variable(id: string): VariableResult
  /** The object with its variables' values in place. Only right once its `objectDependencies` have been collected. */
  resolveObject(id: string): ResolvedObject
  /** What was collected for the object; sets and `independent/variable` objects are worked out here. */
  object(id: string): CollectedObject
}

/**
 * Prepares the evaluation of a document. Nothing is looked up before it is asked for, so while collecting, `source`
 * may grow: resolve an object when all its dependencies are there.
 */
export function createEvaluation({
  content,
  source,
  externalVariables = {},
  now = new Date(),
}: EvaluationInput): Evaluation {
  const outcomeOf = memoise((id: string): ComponentOutcome => {
    const variable = own(content.variables, id)
    if (variable === undefined) {
      return { flag: 'error', values: [], messages: [`there is no variable ${id}`], isUnbound: false }
    }
    return evaluateVariable(variable, own(externalVariables, id), { object: objectOf, variable: outcomeOf, now })
  })
  const variableOf = memoise((id: string): VariableResult => {
    const { flag, values, messages, isUnbound } = outcomeOf(id)
    const datatype = own(content.variables, id)?.datatype ?? 'string'
    return { id, datatype, flag, messages, isUnbound, values: values.map(({ text }) => text) }
  })

  const resolvers: Resolvers = { variable: variableOf, state: (id) => content.states[id]! }
  const resolvedObjectOf = memoise((id: string) => {
    const object = own(content.objects, id)
    return object === undefined ? missingObject(id) : resolveObject(object, resolvers)
  })
  const resolvedStateOf = memoise((id: string) => resolveState(content.states[id]!, resolvers))
  const parts: ObjectParts = {
    object: (id) => objectOf(id),
    variable: variableOf,
    filters: (filters) => filters.map(({ action, stateRef }) => ({ action, state: resolvedStateOf(stateRef) })),
  }

  const objectOf = memoise((id: string): CollectedObject => {
    const object = own(content.objects, id)
    if (object?.set !== undefined) return computeSet(object.set, parts)
    const resolved = resolvedObjectOf(id)
    if (object?.testType === 'independent/variable') return computeVariableObject(object, resolved, parts)
    const found = source.find(resolved.digest, id)
    if (found !== undefined) return found
    if (resolved.unresolved !== undefined) return { ...resolved.unresolved, items: [], collectedAt: '' }
    return { flag: 'not collected', messages: [`object ${id} was not collected`], items: [], collectedAt: '' }
  })

  const inputOf = (id: string): TestInput | undefined => {
    const test = own(content.tests, id)
    if (test?.objectRef === undefined || test.testType === 'independent/unknown') return undefined
    return {
      test,
      object: { resolved: resolvedObjectOf(test.objectRef), collected: objectOf(test.objectRef) },
      states: test.stateRefs.map(resolvedStateOf),
    }
  }
  const verdictOf = memoise((id: string): TestVerdict => {
    const input = inputOf(id)
    return input === undefined ? { result: 'unknown', areItemsJudged: false } : judgeTest(input)
  })
  const testOf = memoise((id: string): TestResult => {
    const input = inputOf(id)
    if (input !== undefined) return explainTest(input, verdictOf(id))
    const test = own(content.tests, id)
    return unknownTest(
      test,
      id,
      test === undefined ? `there is no test ${id}` : `test ${id} asks for nothing that can be collected`,
    )
  })

  const definitionOf = memoise((id: string): DefinitionResult => {
    const definition = own(content.definitions, id)
    if (definition === undefined) {
      return { id, class: 'miscellaneous', title: '', result: 'unknown', messages: [`there is no definition ${id}`] }
    }
    const base = { id, class: definition.class, title: definition.title }
    if (definition.criteria === undefined) {
      return { ...base, result: 'not evaluated', messages: [`definition ${id} has no criteria`] }
    }
    const criteria = evaluateCriteriaGroup(definition.criteria, {
      test: (testId): OvalResult => verdictOf(testId).result,
      definition: (definitionId) => definitionOf(definitionId).result,
    })
    return { ...base, result: criteria.result, criteria, messages: [] }
  })

  return {
    definition: definitionOf,
    test: testOf,
    variable: variableOf,
    resolveObject: resolvedObjectOf,
    object: objectOf,
  }
}

function missingObject(id: string): ResolvedObject {
  const unresolved = { flag: 'error', messages: [`there is no object ${id}`] } as const
  return { id, digest: '', testType: 'independent/unknown', entities: [], behaviors: {}, filters: [], unresolved }
}

function memoise<T extends object>(work: (id: string) => T): (id: string) => T {
  const known = new Map<string, T>()
  return (id) => {
    let value = known.get(id)
    if (value === undefined) {
      value = work(id)
      known.set(id, value)
    }
    return value
  }
}

/** Identifiers come from documents; they must not find what every object has. */
function own<T>(entries: Readonly<Record<string, T>>, id: string): T | undefined {
  return Object.hasOwn(entries, id) ? entries[id] : undefined
}
