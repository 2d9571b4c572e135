import { ContentError } from '../../errors.ts'
import { attribute, child, childrenNamed, deepText, type XmlElement } from '../../xml/element.ts'
import type { Check, ComplexCheck, Group, Role, Rule, Severity } from '../model/benchmark.ts'
import { parseText } from './text.ts'

const severities: readonly string[] = ['high', 'info', 'low', 'medium', 'unknown'] satisfies Severity[]
const roles: readonly string[] = ['full', 'unchecked', 'unscored'] satisfies Role[]

/** Groups and rules below an element, in document order. */
export function parseItems(parent: XmlElement): (Group | Rule)[] {
  return parent.children.flatMap((element): (Group | Rule)[] => {
    if (element.name === 'Group') return [parseGroup(element)]
    return element.name === 'Rule' ? [parseRule(element)] : []
  })
}

function parseGroup(element: XmlElement): Group {
  return { kind: 'group', ...parseSelectable(element), children: parseItems(element) }
}

function parseRule(element: XmlElement): Rule {
  const complex = child(element, 'complex-check')
  return {
    kind: 'rule',
    ...parseSelectable(element),
    severity: asSeverity(attribute(element, 'severity')) ?? 'unknown',
    role: asRole(attribute(element, 'role')) ?? 'full',
    rationale: parseText(child(element, 'rationale')),
    fixText: parseText(child(element, 'fixtext')),
    idents: childrenNamed(element, 'ident').map((ident) => ({
      system: attribute(ident, 'system') ?? '',
      text: deepText(ident).trim(),
    })),
    references: childrenNamed(element, 'reference').map((reference) => ({
      href: attribute(reference, 'href') ?? '',
      text: deepText(reference).trim(),
    })),
    checks: childrenNamed(element, 'check').map(parseCheck),
    ...(complex === undefined ? {} : { complexCheck: parseComplexCheck(complex) }),
  }
}

function parseSelectable(element: XmlElement): Omit<Group, 'children' | 'kind'> {
  const clusterId = attribute(element, 'cluster-id')
  return {
    id: idOf(element),
    title: parseText(child(element, 'title')),
    description: parseText(child(element, 'description')),
    selected: isTrue(attribute(element, 'selected'), true),
    weight: asWeight(attribute(element, 'weight')) ?? 1,
    platforms: idrefs(element, 'platform'),
    requires: childrenNamed(element, 'requires').map((requires) => (attribute(requires, 'idref') ?? '').split(/\s+/)),
    conflicts: idrefs(element, 'conflicts'),
    ...(clusterId === undefined ? {} : { clusterId }),
  }
}

function parseCheck(element: XmlElement): Check {
  return {
    kind: 'check',
    system: attribute(element, 'system') ?? '',
    selector: attribute(element, 'selector') ?? '',
    negate: isTrue(attribute(element, 'negate'), false),
    multiCheck: isTrue(attribute(element, 'multi-check'), false),
    exports: childrenNamed(element, 'check-export').map((one) => ({
      valueId: attribute(one, 'value-id') ?? '',
      name: attribute(one, 'export-name') ?? '',
    })),
    imports: childrenNamed(element, 'check-import').map((one) => attribute(one, 'import-name') ?? ''),
    contentRefs: childrenNamed(element, 'check-content-ref').map((reference) => {
      const name = attribute(reference, 'name')
      return { href: attribute(reference, 'href') ?? '', ...(name === undefined ? {} : { name }) }
    }),
  }
}

function parseComplexCheck(element: XmlElement): ComplexCheck {
  return {
    kind: 'complex-check',
    operator: attribute(element, 'operator') === 'OR' ? 'OR' : 'AND',
    negate: isTrue(attribute(element, 'negate'), false),
    children: element.children.flatMap((one): (Check | ComplexCheck)[] => {
      if (one.name === 'check') return [parseCheck(one)]
      return one.name === 'complex-check' ? [parseComplexCheck(one)] : []
    }),
  }
}

export function idOf(element: XmlElement): string {
  const id = attribute(element, 'id')
  if (id !== undefined && id !== '') return id
  throw new ContentError('content-invalid', `<${element.name}> has no id`, element)
}

export const idrefs = (element: XmlElement, name: string): string[] =>
  childrenNamed(element, name).map((one) => attribute(one, 'idref')?.trim() ?? '')

export const isTrue = (text: string | undefined, otherwise: boolean): boolean =>
  text === undefined ? otherwise : text.trim() === 'true' || text.trim() === '1'

// The lists above are of these very types.
export const asSeverity = (text: string | undefined): Severity | undefined =>
  text !== undefined && severities.includes(text) ? (text as Severity) : undefined

export const asRole = (text: string | undefined): Role | undefined =>
  text !== undefined && roles.includes(text) ? (text as Role) : undefined

export function asWeight(text: string | undefined): number | undefined {
  const weight = Number(text)
  return text !== undefined && text.trim() !== '' && Number.isFinite(weight) && weight >= 0 ? weight : undefined
}
