import { attribute, child, childrenNamed, deepText, type XmlElement } from '../../xml/element.ts'
import type { Profile, ProfileChange } from '../model/benchmark.ts'
import { asRole, asSeverity, asWeight, idOf, isTrue } from './rule.ts'
import { parseText } from './text.ts'

export function parseProfile(element: XmlElement): Profile {
  const base = attribute(element, 'extends')
  return {
    id: idOf(element),
    title: parseText(child(element, 'title')),
    description: parseText(child(element, 'description')),
    ...(base === undefined ? {} : { extends: base }),
    changes: element.children.flatMap(parseChange),
  }
}

function parseChange(element: XmlElement): ProfileChange[] {
  const idref = attribute(element, 'idref')?.trim() ?? ''
  switch (element.name) {
    case 'select':
      return [{ kind: 'select', idref, selected: isTrue(attribute(element, 'selected'), false) }]
    case 'set-value':
      return [{ kind: 'set-value', idref, values: [deepText(element)] }]
    case 'set-complex-value':
      return [{ kind: 'set-value', idref, values: childrenNamed(element, 'item').map(deepText) }]
    case 'refine-value':
      return [{ kind: 'refine-value', idref, selector: attribute(element, 'selector') ?? '' }]
    case 'refine-rule': {
      const role = asRole(attribute(element, 'role'))
      const severity = asSeverity(attribute(element, 'severity'))
      const weight = asWeight(attribute(element, 'weight'))
      const selector = attribute(element, 'selector')
      return [
        {
          kind: 'refine-rule',
          idref,
          ...(role === undefined ? {} : { role }),
          ...(severity === undefined ? {} : { severity }),
          ...(weight === undefined ? {} : { weight }),
          ...(selector === undefined ? {} : { selector }),
        },
      ]
    }
    default:
      return []
  }
}
