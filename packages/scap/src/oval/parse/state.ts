import { attribute } from '../../xml/element.ts'
import type { XmlElement } from '../../xml/element.ts'
import type { State } from '../model/state.ts'
import { oneOf, requireId } from './attributes.ts'
import { OPERATORS, parseEntity } from './entity.ts'
import { testTypeOf } from './namespaces.ts'
import { isEntity } from './object.ts'

export function parseState(element: XmlElement): State {
  return {
    id: requireId(element),
    version: attribute(element, 'version') ?? '0',
    testType: testTypeOf(element, '_state'),
    comment: attribute(element, 'comment') ?? '',
    operator: oneOf(element, 'operator', OPERATORS, 'AND'),
    entities: element.children.filter((inner) => isEntity(inner, element)).map(parseEntity),
  }
}
