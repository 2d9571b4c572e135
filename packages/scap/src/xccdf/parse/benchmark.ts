import { ContentError } from '../../errors.ts'
import {
  attribute,
  child,
  childrenNamed,
  childText,
  deepText,
  descendants,
  type XmlElement,
} from '../../xml/element.ts'
import type { Benchmark, Value } from '../model/benchmark.ts'
import { groupsWithoutCopies, resolveItems } from './inherit.ts'
import { parseProfile } from './profile.ts'
import { idOf, idrefs, isTrue, parseItems } from './rule.ts'
import { parseText } from './text.ts'

const namespaces = ['http://checklists.nist.gov/xccdf/1.2', 'http://checklists.nist.gov/xccdf/1.1']

/** Reads an XCCDF `Benchmark` element. Refuses duplicate ids and references to nothing, with their place. */
export function parseBenchmark(root: XmlElement): Benchmark {
  if (root.name !== 'Benchmark' || !namespaces.includes(root.namespace)) {
    throw new ContentError('content-not-recognised', `<${root.name}> is not an XCCDF <Benchmark>`, root)
  }
  const known = new Map<string, string>()
  const profileIds = new Set<string>()
  for (const element of descendants(root)) {
    if (!['Group', 'Profile', 'Rule', 'Value'].includes(element.name) || !namespaces.includes(element.namespace))
      continue
    const id = idOf(element)
    // The keys of the schema: profiles have names of their own.
    const isProfile = element.name === 'Profile'
    if (isProfile ? profileIds.has(id) : known.has(id))
      throw new ContentError('content-duplicate-id', `"${id}" is defined twice`, { ...placeOf(element), id })
    if (isProfile) profileIds.add(id)
    else known.set(id, element.name)
  }
  checkExports(root, known)
  const resolved = resolveItems(root)
  const values: Record<string, Value> = {}
  for (const element of descendants(resolved))
    if (element.name === 'Value' && namespaces.includes(element.namespace)) values[idOf(element)] = parseValue(element)
  const profiles = childrenNamed(root, 'Profile')
  const isAbstract = (profile: XmlElement): boolean => isTrue(attribute(profile, 'abstract'), false)
  const ignored = groupsWithoutCopies(root)
  const abstractProfiles = profiles.filter(isAbstract).map(parseProfile)
  return {
    id: idOf(root),
    version: childText(root, 'version'),
    title: parseText(child(root, 'title')),
    description: parseText(child(root, 'description')),
    publisher: publisherOf(root),
    platforms: idrefs(root, 'platform'),
    models: childrenNamed(root, 'model').map((model) => attribute(model, 'system') ?? ''),
    items: parseItems(resolved),
    values,
    profiles: profiles.filter((profile) => !isAbstract(profile)).map(parseProfile),
    ...(abstractProfiles.length === 0 ? {} : { abstractProfiles }),
    ...(ignored.length === 0 ? {} : { ignored }),
  }
}

/** Dublin Core's word in the metadata. */
function publisherOf(root: XmlElement): string {
  const metadata = child(root, 'metadata')
  const publisher = metadata === undefined ? '' : childText(metadata, 'publisher')
  return publisher === '' && metadata !== undefined ? childText(metadata, 'creator') : publisher
}

function parseValue(element: XmlElement): Value {
  const type = attribute(element, 'type')
  // A string is every character of it; a number or truth value is what its words say.
  const valueText = (one: XmlElement): string =>
    type === 'boolean' || type === 'number' ? deepText(one).trim() : deepText(one)
  const choices: Record<string, readonly string[]> = {}
  let first: string | undefined
  for (const choice of element.children) {
    if (choice.name !== 'value' && choice.name !== 'complex-value') continue
    const selector = attribute(choice, 'selector') ?? ''
    first ??= selector
    choices[selector] = choice.name === 'value' ? [valueText(choice)] : childrenNamed(choice, 'item').map(valueText)
  }
  const operator = attribute(element, 'operator')
  const clusterId = attribute(element, 'cluster-id')
  return {
    id: idOf(element),
    title: parseText(child(element, 'title')),
    ...(clusterId === undefined ? {} : { clusterId }),
    ...(operator === undefined ? {} : { operator }),
    type: type === 'boolean' || type === 'number' ? type : 'string',
    choices,
    // XCCDF 1.2, 6.4.5.5: without a selector the value without one counts, or else the first.
    defaultSelector: '' in choices ? '' : (first ?? ''),
  }
}

/**
 * What a check exports it cannot do without. Whatever `requires` and `conflicts` name need not be there (the schema has no key
 * for them), nor what a profile changes: published streams leave rules out and not the references to them.
 */
function checkExports(root: XmlElement, known: ReadonlyMap<string, string>): void {
  for (const element of descendants(root)) {
    if (element.name !== 'check-export' || !namespaces.includes(element.namespace)) continue
    const id = attribute(element, 'value-id') ?? ''
    if (known.get(id) === 'Value') continue
    throw new ContentError(
      'content-dangling-reference',
      `<check-export value-id="${id}"> refers to no value of this benchmark`,
      { ...placeOf(element), id },
    )
  }
}

const placeOf = ({ file, line, column }: XmlElement) => ({ file, line, column })
