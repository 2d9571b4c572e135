import { attribute, child, childrenNamed } from '../../xml/element.ts'
import type { XmlElement } from '../../xml/element.ts'
import type { Test } from '../model/test.ts'
import { oneOf, requireId } from './attributes.ts'
import { checkOf, EXISTENCES, OPERATORS } from './entity.ts'
import { testTypeOf } from './namespaces.ts'

export function parseTest(element: XmlElement): Test {
  const object = child(element, 'object')
  // Before 5.4 `check="none exist"` spoke of existence; the schema still says how to read it.
  const noneExist = attribute(element, 'check') === 'none exist'
  return {
    id: requireId(element),
    version: attribute(element, 'version') ?? '0',
    testType: testTypeOf(element, '_test'),
    comment: attribute(element, 'comment') ?? '',
    check: checkOf(element, 'check'),
    checkExistence: oneOf(
      element,
      'check_existence',
      EXISTENCES,
      noneExist && childrenNamed(element, 'state').length === 0 ? 'none_exist' : 'at_least_one_exists',
    ),
    stateOperator: oneOf(element, 'state_operator', OPERATORS, 'AND'),
    ...(object === undefined ? {} : { objectRef: requireId(object, 'object_ref') }),
    stateRefs: childrenNamed(element, 'state').map((state) => requireId(state, 'state_ref')),
  }
}
