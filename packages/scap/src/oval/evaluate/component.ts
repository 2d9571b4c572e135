import { arithmetic } from '../functions/arithmetic.ts'
import { begin } from '../functions/begin.ts'
import { concat } from '../functions/concat.ts'
import { count } from '../functions/count.ts'
import { end } from '../functions/end.ts'
import { escapeRegex } from '../functions/escape-regex.ts'
import { globToRegex } from '../functions/glob-to-regex.ts'
import { regexCapture } from '../functions/regex-capture.ts'
import { split } from '../functions/split.ts'
import { substring } from '../functions/substring.ts'
import { timeDifference } from '../functions/time-difference.ts'
import { unique } from '../functions/unique.ts'
import { FunctionError } from '../functions/values.ts'
import type { Value } from '../functions/values.ts'
import type { Flag } from '../model/enumerations.ts'
import type { ItemEntity } from '../model/item.ts'
import type { CollectedObject } from '../model/system-characteristics.ts'
import type { Component } from '../model/variable.ts'
import { combineComponentFlags } from '../tables.ts'

/** What a component came to: its values, and the flag of all that they rest on. */
export interface ComponentOutcome {
  readonly flag: Flag
  readonly values: readonly Value[]
  readonly messages: readonly string[]
  /** It comes down to an external variable that nobody gave a value. */
  readonly isUnbound: boolean
}

/** What components may refer to. */
export interface ComponentSources {
  object(id: string): CollectedObject
  variable(id: string): ComponentOutcome
  readonly now: Date
}

export function evaluateComponent(component: Component, sources: ComponentSources): ComponentOutcome {
  switch (component.kind) {
    case 'literal_component':
      return complete([{ text: component.value, datatype: component.datatype }])
    case 'object_component':
      return readField(component, sources.object(component.objectRef))
    case 'variable_component':
      return sources.variable(component.varRef)
    case 'arithmetic':
      return applyTo(component.components, sources, (values) => arithmetic(component.operation, values))
    case 'concat':
      return applyTo(component.components, sources, concat)
    case 'count':
      return applyTo(component.components, sources, count)
    case 'unique':
      return applyTo(component.components, sources, unique)
    case 'time_difference':
      return applyTo(component.components, sources, (values) => timeDifference(component, values, sources.now))
    case 'begin':
      return applyToOne(component.component, sources, (values) => begin(component.character, values))
    case 'end':
      return applyToOne(component.component, sources, (values) => end(component.character, values))
    case 'escape_regex':
      return applyToOne(component.component, sources, escapeRegex)
    case 'glob_to_regex':
      return applyToOne(component.component, sources, (values) => globToRegex(component.globNoescape, values))
    case 'regex_capture':
      return applyToOne(component.component, sources, (values) => regexCapture(component.pattern, values))
    case 'split':
      return applyToOne(component.component, sources, (values) => split(component.delimiter, values))
    case 'substring':
      return applyToOne(component.component, sources, (values) => substring(component.start, component.length, values))
  }
}

function complete(values: readonly Value[]): ComponentOutcome {
  return { flag: 'complete', values, messages: [], isUnbound: false }
}

function applyToOne(component: Component, sources: ComponentSources, apply: (values: readonly Value[]) => Value[]) {
  return applyTo([component], sources, ([values]) => apply(values!))
}

/**
 * The function, if all its components have values; else no value, and the flag that says why. This holds for `count`
 * too: a component that found no items is not a count of 0.
 */
function applyTo(
  components: readonly Component[],
  sources: ComponentSources,
  apply: (values: readonly (readonly Value[])[]) => Value[],
): ComponentOutcome {
  const outcomes = components.map((component) => evaluateComponent(component, sources))
  const flag = combineComponentFlags(outcomes.map((outcome) => outcome.flag))
  const messages = outcomes.flatMap((outcome) => outcome.messages)
  if (flag !== 'complete' && flag !== 'incomplete') {
    const deciding = outcomes.filter((outcome) => outcome.flag === flag)
    return { flag, values: [], messages, isUnbound: deciding.every((outcome) => outcome.isUnbound) }
  }
  try {
    return { flag, values: apply(outcomes.map(({ values }) => values)), messages, isUnbound: false }
  } catch (error) {
    if (!(error instanceof FunctionError)) throw error
    return { flag: 'error', values: [], messages: [...messages, error.message], isUnbound: false }
  }
}

/** OVAL definitions schema, ObjectComponentType: an item without the field is an error. */
function readField(
  { objectRef, itemField, recordField }: Component & { kind: 'object_component' },
  { flag, items, messages }: CollectedObject,
): ComponentOutcome {
  const values: Value[] = []
  for (const item of items) {
    if (item.status === 'does not exist') continue
    const entities = item.entities.filter(({ name }) => name === itemField)
    const found = recordField === undefined ? entities : entities.flatMap((entity) => fieldsOf(entity, recordField))
    const isRecord = recordField === undefined && entities.some(({ datatype }) => datatype === 'record')
    const unread = found.find(({ status }) => status === 'error' || status === 'not collected')
    if (found.length === 0 || isRecord || unread !== undefined) {
      const field = recordField === undefined ? itemField : `${itemField}/${recordField}`
      const reason = unread === undefined ? (isRecord ? 'is a record' : 'is missing') : 'could not be read'
      return {
        flag: 'error',
        values: [],
        messages: [...messages, `${field} of an item of object ${objectRef} ${reason}`],
        isUnbound: false,
      }
    }
    for (const { status, value, datatype } of found) if (status === 'exists') values.push({ text: value, datatype })
  }
  return { flag, values, messages, isUnbound: false }
}

function fieldsOf(entity: ItemEntity, name: string): readonly ItemEntity[] {
  return (entity.fields ?? []).filter((field) => field.name.toLowerCase() === name.toLowerCase())
}
