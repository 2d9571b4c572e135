import { attribute, child, childrenNamed, deepText, descendants, type XmlElement } from '../xml/element.ts'
import type { CpeCheck, CpeExpression, CpeItem } from './model.ts'

/** `cpe-list`: the items of a CPE dictionary that have a check. */
export function parseCpeList(root: XmlElement): CpeItem[] {
  return childrenNamed(root, 'cpe-item').map((item) => ({
    name: attribute(item, 'name') ?? '',
    checks: childrenNamed(item, 'check').map((check) => ({
      system: attribute(check, 'system') ?? '',
      href: attribute(check, 'href') ?? '',
      id: deepText(check).trim(),
    })),
  }))
}

/** The `platform` elements of every `platform-specification` in or below an element, by id; `place` says where checks are. */
export function parsePlatforms(
  root: XmlElement,
  place: (check: CpeCheck) => CpeCheck = (check) => check,
): Record<string, CpeExpression> {
  const platforms: Record<string, CpeExpression> = {}
  const specifications =
    root.name === 'platform-specification'
      ? [root]
      : root.children.filter(({ name }) => name === 'platform-specification')
  for (const specification of specifications) {
    for (const platform of descendants(specification)) {
      const id = platform.name === 'platform' ? attribute(platform, 'id') : undefined
      const test = child(platform, 'logical-test')
      if (id !== undefined && test !== undefined) platforms[id] = parseLogicalTest(test, place)
    }
  }
  return platforms
}

function parseLogicalTest(element: XmlElement, place: (check: CpeCheck) => CpeCheck): CpeExpression {
  return {
    kind: 'logical-test',
    operator: attribute(element, 'operator')?.toUpperCase() === 'OR' ? 'OR' : 'AND',
    negate: ['true', '1'].includes(attribute(element, 'negate') ?? ''),
    children: element.children.flatMap((one): CpeExpression[] => {
      switch (one.name) {
        case 'logical-test':
          return [parseLogicalTest(one, place)]
        case 'fact-ref':
          return [{ kind: 'fact-ref', name: attribute(one, 'name') ?? '' }]
        case 'check-fact-ref':
          return [{ kind: 'check-fact-ref', check: place(parseCheckFact(one)) }]
        default:
          return []
      }
    }),
  }
}

const parseCheckFact = (element: XmlElement): CpeCheck => ({
  system: attribute(element, 'system') ?? '',
  href: attribute(element, 'href') ?? '',
  id: attribute(element, 'id-ref') ?? '',
})
