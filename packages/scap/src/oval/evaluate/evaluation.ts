import type { OvalContent } from '../model/content.ts'
import type { OvalResult } from '../model/enumerations.ts'
import type { ResolvedObject, ResolvedState } from '../model/resolved-object.ts'
import type { DefinitionResult, TestResult, VariableResult } from '../model/result.ts'
import type { Test } from '../model/test.ts'
import type { CollectedObject } from '../model/system-characteristics.ts'
import type { ComponentOutcome, ComponentSources } from './component.ts'
import { explainCriteriaGroup, judgeCriteria } from './criteria.ts'
import type { CriteriaLeaves } from './criteria.ts'
import { linksOf, own } from './link.ts'
import type { LinkedDefinition, LinkedObject, LinkedState, LinkedTest, LinkedVariable } from './link.ts'
import { computeSet, computeVariableObject } from './object.ts'
import type { ObjectParts } from './object.ts'
import { resolveObject, resolveState } from './resolve.ts'
import { explainTest, judgeTest, unknownTest } from './test.ts'
import type { TestVerdict } from './test.ts'
import { createPatience } from '../../regex/patience.ts'
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
  /** A definition's result alone, which costs least. */
  result(id: string): OvalResult
  /** With the criteria tree that led to it; made when asked for. */
  definition(id: string): DefinitionResult
  /** The test with all that its result rests on; made when asked for. */
  test(id: string): TestResult
  variable(id: string): VariableResult
  /** The state with its variables' values in place. */
  state(id: string): ResolvedState
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
  const links = linksOf(content)
  const outcomeOf = memoise(({ id, variable }: LinkedVariable): ComponentOutcome => {
    if (variable === undefined) {
      return { flag: 'error', values: [], messages: [`there is no variable ${id}`], isUnbound: false }
    }
    return evaluateVariable(variable, own(externalVariables, id), sources)
  })
  const sources: ComponentSources = {
    object: (id) => objectOf(links.object(id)),
    variable: (id) => outcomeOf(links.variable(id)),
    now,
  }
  const variableOf = memoise((linked: LinkedVariable): VariableResult => {
    const { flag, values, messages, isUnbound } = outcomeOf(linked)
    const datatype = linked.variable?.datatype ?? 'string'
    return { id: linked.id, datatype, flag, messages, isUnbound, values: values.map(({ text }) => text) }
  })

  const resolvedObjectOf = memoise((object: LinkedObject) => resolveObject(object, variableOf))
  const resolvedStateOf = memoise((state: LinkedState) => resolveState(state, variableOf))
  const parts: ObjectParts = {
    object: (id) => objectOf(links.object(id)),
    variable: (id) => variableOf(links.variable(id)),
    filters: (filters) =>
      filters.map(({ action, stateRef }) => ({ action, state: resolvedStateOf(links.state(stateRef)) })),
  }

  const objectOf = memoise((linked: LinkedObject): CollectedObject => {
    const { id, object } = linked
    const { set } = object ?? {}
    if (set !== undefined) return createPatience().run(() => computeSet(set, parts))
    const resolved = resolvedObjectOf(linked)
    if (object?.testType === 'independent/variable') return computeVariableObject(object, resolved, parts)
    const found = source.find(resolved.digest, id)
    if (found !== undefined) return found
    if (resolved.unresolved !== undefined) return { ...resolved.unresolved, items: [], collectedAt: '' }
    return { flag: 'not collected', messages: [`object ${id} was not collected`], items: [], collectedAt: '' }
  })

  const verdictOf = memoise(({ test, object, states }: LinkedTest): TestVerdict => {
    if (test === undefined || object === undefined || mismatch(test, object) !== undefined)
      return { result: 'unknown', existence: undefined, areItemsJudged: false }
    const [collected, resolved] = [objectOf(object), states.map(resolvedStateOf)]
    return createPatience().run(() => judgeTest(test, collected, resolved))
  })
  const testOf = memoise((linked: LinkedTest): TestResult => {
    const { id, test, object, states } = linked
    const wrong = test === undefined || object === undefined ? undefined : mismatch(test, object)
    if (wrong !== undefined) return unknownTest(test, id, wrong)
    if (test !== undefined && object !== undefined) {
      const asked = { resolved: resolvedObjectOf(object), collected: objectOf(object) }
      const input = { test, object: asked, states: states.map(resolvedStateOf) }
      const verdict = verdictOf(linked)
      const patience = createPatience()
      const explained = patience.run(() => explainTest(input, verdict))
      return { ...explained, messages: [...explained.messages, ...[...patience.lost].map(tellLost)] }
    }
    return unknownTest(
      test,
      id,
      test === undefined ? `there is no test ${id}` : `test ${id} asks for nothing that can be collected`,
    )
  })

  const resultOf = memoise(({ definition, criteria }: LinkedDefinition): OvalResult => {
    if (definition === undefined) return 'unknown'
    return criteria === undefined ? 'not evaluated' : judgeCriteria(criteria, leaves)
  })
  const leaves: CriteriaLeaves = { test: (test) => verdictOf(test).result, definition: resultOf }
  const definitionOf = memoise((linked: LinkedDefinition): DefinitionResult => {
    const { id, definition, criteria } = linked
    const result = resultOf(linked)
    if (definition === undefined) {
      return { id, class: 'miscellaneous', title: '', result, messages: [`there is no definition ${id}`] }
    }
    const base = { id, class: definition.class, title: definition.title, result }
    if (criteria === undefined) return { ...base, messages: [`definition ${id} has no criteria`] }
    return { ...base, criteria: explainCriteriaGroup(criteria, leaves), messages: [] }
  })

  return {
    result: (id) => resultOf(links.definition(id)),
    definition: (id) => definitionOf(links.definition(id)),
    test: (id) => testOf(links.test(id)),
    variable: (id) => variableOf(links.variable(id)),
    state: (id) => resolvedStateOf(links.state(id)),
    resolveObject: (id) => resolvedObjectOf(links.object(id)),
    object: (id) => objectOf(links.object(id)),
  }
}

const tellLost = (pattern: string): string =>
  `matching the pattern "${pattern}" took too long, and it was tried on nothing more`

/** What things of one kind came to, each worked out once. */
function memoise<N extends { readonly at: number }, T extends object | string>(work: (thing: N) => T): (thing: N) => T {
  const known: T[] = []
  return (thing) => (known[thing.at] ??= work(thing))
}

/** Each test has an object of its own kind (the schemas' Schematron rules); another's items have nothing to do with it. */
function mismatch(test: Test, { id, object }: LinkedObject): string | undefined {
  if (object === undefined || object.testType === test.testType) return undefined
  return `test ${test.id} is of ${test.testType}, and its object ${id} of ${object.testType}`
}
