import { ContentError } from '../../errors.ts'
import { attribute, childrenNamed } from '../../xml/element.ts'
import type { XmlElement } from '../../xml/element.ts'
import type { Component, TimeFormat, Variable } from '../model/variable.ts'
import { booleanOf, integerOf, oneOf, placeOf, requireId } from './attributes.ts'
import { DATATYPES, OPERATIONS, OPERATORS } from './entity.ts'
import { OVAL_DEFINITIONS } from './namespaces.ts'

const TIME_FORMATS: readonly TimeFormat[] = [
  'cim_datetime',
  'day_month_year',
  'month_day_year',
  'seconds_since_epoch',
  'win_filetime',
  'year_month_day',
]
const ARITHMETIC_OPERATIONS: readonly ('add' | 'multiply')[] = ['add', 'multiply']

export function parseVariable(element: XmlElement): Variable {
  const base = {
    id: requireId(element),
    version: attribute(element, 'version') ?? '0',
    datatype: oneOf(element, 'datatype', DATATYPES, 'string'),
    comment: attribute(element, 'comment') ?? '',
  }
  switch (element.name) {
    case 'constant_variable':
      return { kind: 'constant', ...base, values: childrenNamed(element, 'value').map(({ text }) => text) }
    case 'external_variable':
      return {
        kind: 'external',
        ...base,
        possibleValues: childrenNamed(element, 'possible_value').map((possible) => ({
          value: possible.text,
          hint: attribute(possible, 'hint') ?? '',
        })),
        possibleRestrictions: childrenNamed(element, 'possible_restriction').map((possible) => ({
          operator: oneOf(possible, 'operator', OPERATORS, 'AND'),
          hint: attribute(possible, 'hint') ?? '',
          restrictions: childrenNamed(possible, 'restriction').map((restriction) => ({
            operation: oneOf(restriction, 'operation', OPERATIONS, 'equals'),
            value: restriction.text,
          })),
        })),
      }
    case 'local_variable':
      return { kind: 'local', ...base, component: onlyComponent(element) }
    default:
      throw new ContentError('content-invalid', `<${element.name}> is not a kind of variable`, {
        ...placeOf(element),
        id: base.id,
      })
  }
}

function parseComponent(element: XmlElement): Component {
  switch (element.name) {
    case 'literal_component':
      return {
        kind: 'literal_component',
        datatype: oneOf(element, 'datatype', DATATYPES, 'string'),
        value: element.text,
      }
    case 'object_component': {
      const recordField = attribute(element, 'record_field')
      return {
        kind: 'object_component',
        objectRef: requireId(element, 'object_ref'),
        itemField: requireId(element, 'item_field'),
        ...(recordField === undefined ? {} : { recordField }),
      }
    }
    case 'variable_component':
      return { kind: 'variable_component', varRef: requireId(element, 'var_ref') }
    case 'arithmetic':
      return {
        kind: 'arithmetic',
        operation: oneOf(element, 'arithmetic_operation', ARITHMETIC_OPERATIONS, 'add'),
        components: components(element),
      }
    case 'begin':
    case 'end':
      return {
        kind: element.name,
        character: attribute(element, 'character') ?? '',
        component: onlyComponent(element),
      }
    case 'concat':
    case 'count':
    case 'unique':
      return { kind: element.name, components: components(element) }
    case 'escape_regex':
      return { kind: 'escape_regex', component: onlyComponent(element) }
    case 'glob_to_regex':
      return {
        kind: 'glob_to_regex',
        globNoescape: booleanOf(element, 'glob_noescape'),
        component: onlyComponent(element),
      }
    case 'regex_capture':
      return {
        kind: 'regex_capture',
        pattern: attribute(element, 'pattern') ?? '',
        component: onlyComponent(element),
      }
    case 'split':
      return { kind: 'split', delimiter: attribute(element, 'delimiter') ?? '', component: onlyComponent(element) }
    case 'substring':
      return {
        kind: 'substring',
        start: integerOf(element, 'substring_start'),
        length: integerOf(element, 'substring_length'),
        component: onlyComponent(element),
      }
    case 'time_difference':
      return {
        kind: 'time_difference',
        format1: oneOf(element, 'format_1', TIME_FORMATS, 'year_month_day'),
        format2: oneOf(element, 'format_2', TIME_FORMATS, 'year_month_day'),
        components: components(element, 2),
      }
    default:
      throw new ContentError(
        'content-unsupported',
        `the variable function <${element.name}> is not known`,
        placeOf(element),
      )
  }
}

function components(element: XmlElement, max = Infinity): Component[] {
  const inner = childComponents(element)
  if (inner.length >= 1 && inner.length <= max) return inner.map(parseComponent)
  throw new ContentError('content-invalid', `<${element.name}> has ${inner.length} components`, placeOf(element))
}

function onlyComponent(element: XmlElement): Component {
  const [component, ...others] = childComponents(element)
  if (component !== undefined && others.length === 0) return parseComponent(component)
  throw new ContentError('content-invalid', `<${element.name}> needs exactly one component`, placeOf(element))
}

function childComponents(element: XmlElement): XmlElement[] {
  return element.children.filter(({ namespace, name }) => namespace === OVAL_DEFINITIONS && name !== 'notes')
}
