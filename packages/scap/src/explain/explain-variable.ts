import type { Evaluation } from '../oval/evaluate/evaluation.ts'
import { componentsOf, derivesFromMasked, innerOf } from '../oval/masks.ts'
import type { OvalContent } from '../oval/model/content.ts'
import type { Component } from '../oval/model/variable.ts'
import { maxTracedValues, type VariableTrace } from './trace.ts'

/** A variable's values, and where they come from; undefined for one that the document does not have. */
export function traceVariable(content: OvalContent, evaluation: Evaluation, id: string): VariableTrace | undefined {
  const variable = Object.hasOwn(content.variables, id) ? content.variables[id] : undefined
  if (variable === undefined) return undefined
  const { flag, values, messages, datatype } = evaluation.variable(id)
  const isSecret = derivesFromMasked(content, id)
  return {
    kind: variable.kind,
    comment: variable.comment,
    datatype,
    flag,
    values: isSecret ? [] : values.slice(0, maxTracedValues),
    origin: originOf(),
    messages,
  }

  function originOf(): string {
    if (variable === undefined) return ''
    switch (variable.kind) {
      case 'constant':
        return 'written in the content'
      case 'external':
        return 'set by the profile'
      case 'local':
        return isSecret ? 'computed from a hidden value' : describeComponent(variable.component)
    }
  }
}

/** The variables that a variable is computed from, itself first. */
export function variablesBehind(content: OvalContent, id: string, seen: Set<string> = new Set()): Set<string> {
  if (seen.has(id)) return seen
  seen.add(id)
  const variable = content.variables[id]
  if (variable?.kind === 'local') {
    for (const part of componentsOf(variable.component)) {
      if (part.kind === 'variable_component') variablesBehind(content, part.varRef, seen)
    }
  }
  return seen
}

function describeComponent(component: Component): string {
  if (component.kind === 'literal_component') return `“${component.value}”`
  if (component.kind === 'variable_component') return `the values of ${component.varRef}`
  if (component.kind === 'object_component') {
    const { itemField, recordField, objectRef } = component
    return `${itemField}${recordField === undefined ? '' : `.${recordField}`} of what ${objectRef} found`
  }
  const name = component.kind === 'arithmetic' ? component.operation : component.kind
  return `${name.replaceAll('_', ' ')}(${innerOf(component).map(describeComponent).join(', ')})`
}
