import { ContentError } from '../../errors.ts'
import { attribute, child, childText } from '../../xml/element.ts'
import type { XmlElement } from '../../xml/element.ts'
import type { Criteria, CriteriaGroup } from '../model/criteria.ts'
import type { Definition, DefinitionClass } from '../model/definition.ts'
import { booleanOf, oneOf, placeOf, requireId } from './attributes.ts'
import { OPERATORS } from './entity.ts'

const CLASSES: readonly DefinitionClass[] = ['compliance', 'inventory', 'miscellaneous', 'patch', 'vulnerability']

export function parseDefinition(element: XmlElement): Definition {
  const metadata = child(element, 'metadata')
  const criteria = child(element, 'criteria')
  return {
    id: requireId(element),
    version: attribute(element, 'version') ?? '0',
    class: oneOf(element, 'class', CLASSES, 'miscellaneous'),
    deprecated: booleanOf(element, 'deprecated'),
    title: metadata === undefined ? '' : childText(metadata, 'title'),
    description: metadata === undefined ? '' : childText(metadata, 'description'),
    ...(criteria === undefined ? {} : { criteria: parseCriteriaGroup(criteria) }),
  }
}

function parseCriteriaGroup(element: XmlElement): CriteriaGroup {
  return {
    kind: 'criteria',
    operator: oneOf(element, 'operator', OPERATORS, 'AND'),
    ...parseCommon(element),
    children: element.children.map(parseCriteria),
  }
}

function parseCriteria(element: XmlElement): Criteria {
  switch (element.name) {
    case 'criteria':
      return parseCriteriaGroup(element)
    case 'criterion':
      return { kind: 'criterion', testRef: requireId(element, 'test_ref'), ...parseCommon(element) }
    case 'extend_definition':
      return {
        kind: 'extend_definition',
        definitionRef: requireId(element, 'definition_ref'),
        ...parseCommon(element),
      }
    default:
      throw new ContentError('content-invalid', `<${element.name}> is not a part of criteria`, placeOf(element))
  }
}

function parseCommon(element: XmlElement) {
  return {
    negate: booleanOf(element, 'negate'),
    comment: attribute(element, 'comment') ?? '',
    applicabilityCheck: booleanOf(element, 'applicability_check'),
  }
}
