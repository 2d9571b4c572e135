import { ContentError } from '../../errors.ts'
import { attribute, childrenNamed } from '../../xml/element.ts'
import type { XmlElement } from '../../xml/element.ts'
import type { Check, Datatype, Existence, Operation, Operator } from '../model/enumerations.ts'
import type { Entity } from '../model/entity.ts'
import { booleanOf, oneOf, placeOf, requireId } from './attributes.ts'
import { XML_SCHEMA_INSTANCE } from './namespaces.ts'

export const CHECKS: readonly (Check | 'none exist')[] = [
  'all',
  'at least one',
  'none satisfy',
  'only one',
  'none exist',
]
export const EXISTENCES: readonly Existence[] = [
  'all_exist',
  'any_exist',
  'at_least_one_exists',
  'none_exist',
  'only_one_exists',
]
export const OPERATORS: readonly Operator[] = ['AND', 'ONE', 'OR', 'XOR']
export const DATATYPES: readonly Datatype[] = [
  'binary',
  'boolean',
  'debian_evr_string',
  'evr_string',
  'fileset_revision',
  'float',
  'int',
  'ios_version',
  'ipv4_address',
  'ipv6_address',
  'record',
  'string',
  'version',
]
export const OPERATIONS: readonly Operation[] = [
  'bitwise and',
  'bitwise or',
  'case insensitive equals',
  'case insensitive not equal',
  'equals',
  'greater than',
  'greater than or equal',
  'less than',
  'less than or equal',
  'not equal',
  'pattern match',
  'subset of',
  'superset of',
]

/** A CheckEnumeration attribute; `none exist` is the deprecated spelling of `none satisfy`. */
export function checkOf(element: XmlElement, name: string): Check {
  const check = oneOf(element, name, CHECKS, 'all')
  return check === 'none exist' ? 'none satisfy' : check
}

/** An entity of an object or a state, as it stands in the document. */
export function parseEntity(element: XmlElement): Entity {
  const varRef = attribute(element, 'var_ref')
  const datatype = oneOf(element, 'datatype', DATATYPES, 'string')
  const mask = booleanOf(element, 'mask')
  const entity = {
    name: element.name,
    datatype,
    operation: oneOf(element, 'operation', OPERATIONS, 'equals'),
    value: element.text,
    varCheck: checkOf(element, 'var_check'),
    entityCheck: checkOf(element, 'entity_check'),
    checkExistence: oneOf(element, 'check_existence', EXISTENCES, 'at_least_one_exists'),
    nil: booleanOf(element, 'nil', XML_SCHEMA_INSTANCE),
    mask,
    ...(varRef === undefined ? {} : { varRef }),
  }
  if (datatype !== 'record') return entity
  return { ...entity, value: '', fields: childrenNamed(element, 'field').map((field) => parseField(field, mask)) }
}

/** A field of a record: an entity named by its attribute. A masked record masks all its fields. */
function parseField(element: XmlElement, recordMask: boolean): Entity {
  const field = parseEntity(element)
  if (field.datatype === 'record') {
    throw new ContentError('content-invalid', 'a field of a record cannot be a record', placeOf(element))
  }
  // The schema asks for lower case names; readers of both sides compare them so.
  return { ...field, name: requireId(element, 'name').toLowerCase(), mask: field.mask || recordMask }
}
