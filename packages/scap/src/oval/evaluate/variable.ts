import { compileComparison } from '../datatypes/compile.ts'
import { readBoolean } from '../datatypes/boolean.ts'
import { readFloat } from '../datatypes/float.ts'
import { readInt } from '../datatypes/int.ts'
import type { Datatype } from '../model/enumerations.ts'
import type { ExternalVariable, Variable } from '../model/variable.ts'
import { combineByOperator, noResults } from '../tables.ts'
import { evaluateComponent } from './component.ts'
import type { ComponentOutcome, ComponentSources } from './component.ts'

/** A variable's values; `external` are those given from outside. */
export function evaluateVariable(
  variable: Variable,
  external: readonly string[] | undefined,
  sources: ComponentSources,
): ComponentOutcome {
  switch (variable.kind) {
    case 'constant':
      return outcome('complete', variable.values, variable.datatype)
    case 'external':
      return bindExternal(variable, external)
    case 'local': {
      const computed = evaluateComponent(variable.component, sources)
      const hasNone = computed.values.length === 0 && (computed.flag === 'complete' || computed.flag === 'incomplete')
      return hasNone ? { ...computed, flag: 'does not exist' } : computed
    }
  }
}

function outcome(flag: ComponentOutcome['flag'], texts: readonly string[], datatype: Datatype): ComponentOutcome {
  return { flag, values: texts.map((text) => ({ text, datatype })), messages: [], isUnbound: false }
}

function bindExternal(variable: ExternalVariable, values: readonly string[] | undefined): ComponentOutcome {
  if (values === undefined || values.length === 0) {
    const messages = [`external variable ${variable.id} was given no value`]
    return { flag: 'not collected', values: [], messages, isUnbound: true }
  }
  const refused = values.find((value) => !isPossible(variable, value))
  if (refused === undefined) return outcome('complete', values, variable.datatype)
  const messages = [`"${refused}" is not a possible value of external variable ${variable.id}`]
  return { flag: 'error', values: [], messages, isUnbound: false }
}

/**
 * OVAL definitions schema, external_variable: a value must match one of the possible values or restrictions; without
 * any, only the datatype bounds it.
 */
function isPossible({ datatype, possibleValues, possibleRestrictions }: ExternalVariable, value: string): boolean {
  if (!isOfDatatype(datatype, value)) return false
  if (possibleValues.length === 0 && possibleRestrictions.length === 0) return true
  return (
    possibleValues.some((possible) => compileComparison(datatype, 'equals', possible.value)(value) === 'true') ||
    possibleRestrictions.some(({ operator, restrictions }) => {
      const counts = noResults()
      for (const { operation, value: bound } of restrictions)
        counts[compileComparison(datatype, operation, bound)(value)]++
      return combineByOperator(operator, counts) === 'true'
    })
  )
}

function isOfDatatype(datatype: Datatype, value: string): boolean {
  switch (datatype) {
    case 'boolean':
      return readBoolean(value) !== undefined
    case 'float':
      return readFloat(value) !== undefined
    case 'int':
      return readInt(value) !== undefined
    case 'binary':
    case 'debian_evr_string':
    case 'evr_string':
    case 'fileset_revision':
    case 'ios_version':
    case 'ipv4_address':
    case 'ipv6_address':
    case 'record':
    case 'string':
    case 'version':
      return true
  }
}
