import type { Evaluation } from '../oval/evaluate/evaluation.ts'
import { derivesFromMasked, masksOf } from '../oval/masks.ts'
import type { Masks } from '../oval/masks.ts'
import type { OvalContent } from '../oval/model/content.ts'
import type { Flag, OvalResult } from '../oval/model/enumerations.ts'
import type { ItemEntity } from '../oval/model/item.ts'
import type { EntityResult, TestedItem, TestResult } from '../oval/model/result.ts'
import { countStatuses } from '../oval/evaluate/state.ts'
import { traceObject } from './explain-object.ts'
import type { ItemEntityTrace, ItemTrace, StateEntityTrace, TestTrace } from './trace.ts'
import { maxTracedItems, maxTracedValues } from './trace.ts'

/** A test with the object it asked, the items found and what each came to. */
export function traceTest(content: OvalContent, evaluation: Evaluation, id: string): TestTrace {
  const test = evaluation.test(id)
  const states = content.tests[id]?.stateRefs ?? []
  const masks = masksOf(evaluation, content)
  const ordered = decidingFirst(test)
  const rest = ordered.slice(maxTracedItems)
  return {
    testType: test.testType,
    comment: test.comment,
    result: test.result,
    check: test.check,
    checkExistence: test.checkExistence,
    stateOperator: test.stateOperator,
    hasStates: states.length > 0,
    ...subjectOf(content, test),
    ...(test.object === undefined ? {} : { object: traceObject(content, evaluation, test.object) }),
    items: ordered.slice(0, maxTracedItems).map((item) => traceItem(content, item, masks(item.item))),
    judged: countJudged(ordered),
    ...(rest.length === 0
      ? {}
      : { omitted: { counts: countStatuses(rest.map(({ item }) => item)), judged: countJudged(rest) } }),
    variables: test.variables.map((variable) => variable.id),
    messages: test.messages,
  }
}

function countJudged(items: readonly TestedItem[]): TestTrace['judged'] {
  const judged: Partial<Record<OvalResult, number>> = {}
  for (const { item, result } of items) {
    if (item.status !== 'does not exist' && result !== 'not evaluated') judged[result] = (judged[result] ?? 0) + 1
  }
  return judged
}

function subjectOf(content: OvalContent, { testType, object }: TestResult) {
  if (testType !== 'independent/variable' || object === undefined) return {}
  const { varRef, value } = content.objects[object.id]?.entities[0] ?? {}
  const comment = content.variables[varRef ?? value?.trim() ?? '']?.comment ?? ''
  return comment === '' ? {} : { subject: comment }
}

/** Failed ones first, unless finding one that passes is what decides. */
function decidingFirst({ items, result }: TestResult): TestedItem[] {
  const order: readonly OvalResult[] =
    result === 'true'
      ? ['true', 'false', 'error', 'unknown', 'not evaluated', 'not applicable']
      : ['false', 'error', 'unknown', 'true', 'not evaluated', 'not applicable']
  return items.toSorted((one, other) => order.indexOf(one.result) - order.indexOf(other.result))
}

function traceItem(content: OvalContent, { item, result, states }: TestedItem, masked: Masks): ItemTrace {
  return {
    status: item.status,
    result,
    ...(item.line === undefined ? {} : { line: item.line }),
    messages: item.messages ?? [],
    entities: item.entities.map((entity) => traceFound(entity, masked, entity.name)),
    states: states.map(({ id, operator, result: outcome, entities }) => ({
      id,
      operator,
      result: outcome,
      entities: entities.map((entity) => traceExpected(content, entity, masked, entity.name)),
    })),
  }
}

/** `path` is its name, of a field with its record's before it, as masks name it. */
function traceFound({ name, value, status, mask, fields }: ItemEntity, masked: Masks, path: string): ItemEntityTrace {
  if (mask === true || masked.has(path)) return { name, status, value: undefined }
  if (fields === undefined) return { name, status, value }
  const traced = fields.map((field) => traceFound(field, masked, `${path}/${field.name.toLowerCase()}`))
  const line = traced.map((field) => `${field.name}=${field.value ?? '(hidden)'}`).join(', ')
  return { name, status, value: line, fields: traced }
}

function traceExpected(
  content: OvalContent,
  { variable, fields, ...entity }: EntityResult,
  masked: Masks,
  path: string,
): StateEntityTrace {
  const isHidden = entity.mask || masked.has(path)
  const isSecret = variable !== undefined && derivesFromMasked(content, variable.id)
  const isUnset = variable !== undefined && !entity.mask && entity.expected.length === 0
  const isPartial = isHidden || isSecret || entity.expected.length > maxTracedValues
  return {
    name: entity.name,
    datatype: entity.datatype,
    operation: entity.operation,
    expected: isHidden || isSecret ? [] : entity.expected.slice(0, maxTracedValues),
    found: isHidden ? [] : entity.found.slice(0, maxTracedValues),
    entityCheck: entity.entityCheck,
    checkExistence: entity.checkExistence,
    result: entity.result,
    ...(variable === undefined ? {} : { variable: variable.id, varCheck: entity.varCheck }),
    ...(variable === undefined || variable.flag === 'complete' ? {} : { variableFlag: flagOf(variable) }),
    ...(isUnset ? { isUnset } : {}),
    ...(isPartial ? { isPartial } : {}),
    ...(fields === undefined
      ? {}
      : {
          fields: fields.map((field) => traceExpected(content, field, masked, `${path}/${field.name.toLowerCase()}`)),
        }),
  }
}

/** An external variable that nobody gave a value is not one that could still be collected: it has none. */
function flagOf({ flag, isUnbound }: NonNullable<EntityResult['variable']>): Flag {
  return isUnbound ? 'does not exist' : flag
}
