import { attribute, child, childrenNamed } from '../../xml/element.ts'
import type { XmlElement } from '../../xml/element.ts'
import type { Existence } from '../model/enumerations.ts'
import type { Test } from '../model/test.ts'
import { oneOf, requireId } from './attributes.ts'
import { checkOf, EXISTENCES, OPERATORS } from './entity.ts'
import { testTypeOf } from './namespaces.ts'

export function parseTest(element: XmlElement): Test {
  const object = child(element, 'object')
  return {
    id: requireId(element),
    version: attribute(element, 'version') ?? '0',
    testType: testTypeOf(element, '_test'),
    comment: attribute(element, 'comment') ?? '',
    check: checkOf(element, 'check'),
    checkExistence: existenceOf(element),
    stateOperator: oneOf(element, 'state_operator', OPERATORS, 'AND'),
    ...(object === undefined ? {} : { objectRef: requireId(object, 'object_ref') }),
    stateRefs: childrenNamed(element, 'state').map((state) => requireId(state, 'state_ref')),
  }
}

/**
 * Before 5.3 `check="none exist"` spoke of existence: no object is there that satisfies what is asked. It leaves nothing for
 * `check_existence` to say.
 */
function existenceOf(element: XmlElement): Existence {
  if (attribute(element, 'check') !== 'none exist')
    return oneOf(element, 'check_existence', EXISTENCES, 'at_least_one_exists')
  return childrenNamed(element, 'state').length === 0 ? 'none_exist' : 'any_exist'
}
