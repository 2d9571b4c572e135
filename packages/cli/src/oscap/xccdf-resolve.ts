import { attribute, childrenNamed, resolveItems, writeElement, writeXml, type XmlElement } from '@plumbline/scap'
import { Failure } from '../failure.ts'
import { writeFile } from '../reports.ts'
import type { Operation } from './command-line.ts'
import { readValidDocument } from './document.ts'

export const xccdfResolve: Operation = {
  summary: 'Write a benchmark with its items and profiles written out: what they extend is in them.',
  usage: 'xccdf resolve [--force] -o OUTPUT INPUT',
  options: { output: 'where to write it' },
  switches: {
    force: 'also when it says that it is resolved',
    'skip-valid': 'do not validate',
    'skip-validation': 'the same',
  },
  files: [1, 1],
  run(parameters) {
    const output = parameters.value('output')
    if (output === undefined) throw new Failure('xccdf resolve needs --output FILE')
    const skip = parameters.has('skip-valid') || parameters.has('skip-validation')
    const { root } = readValidDocument(parameters.files[0] ?? '', ['Benchmark'], skip)
    if (attribute(root, 'resolved') === 'true' || attribute(root, 'resolved') === '1') {
      if (!parameters.has('force')) throw new Failure('Benchmark is already resolved!')
    }
    writeFile(output, (sink) => sink(writeXml((writer) => writeElement(writer, resolveBenchmark(resolveItems(root))))))
    return 0
  },
}

function resolveBenchmark(root: XmlElement): XmlElement {
  const profiles = new Map(childrenNamed(root, 'Profile').map((one) => [attribute(one, 'id') ?? '', one]))
  const content = root.content.flatMap((part) => {
    if (typeof part === 'string' || part.name !== 'Profile') return [part]
    // XCCDF 1.2, 7.2.2, Loading.Resolve.Abstract.
    return ['1', 'true'].includes(attribute(part, 'abstract') ?? '') ? [] : [resolveProfileElement(part, profiles, [])]
  })
  return {
    ...root,
    content,
    children: content.filter((part) => typeof part !== 'string'),
    attributes: [
      ...root.attributes.filter(({ name, namespace }) => name !== 'resolved' || namespace !== ''),
      { name: 'resolved', namespace: '', value: '1' },
    ],
  }
}

const selectors = ['select', 'set-complex-value', 'set-value', 'refine-value', 'refine-rule']

/** XCCDF 1.2, 6.2.6 and 6.5.3: selectors of the extended profile come first, other properties where there are none of one's own. */
function resolveProfileElement(
  profile: XmlElement,
  profiles: ReadonlyMap<string, XmlElement>,
  path: readonly string[],
): XmlElement {
  const baseId = attribute(profile, 'extends')
  if (baseId === undefined) return profile
  const base = profiles.get(baseId)
  if (base === undefined || path.includes(baseId)) throw new Failure(`profile "${baseId}" cannot be extended`)
  const resolved = resolveProfileElement(base, profiles, [...path, baseId])
  const own = profile.children
  const inherited = resolved.children.filter(
    (one) => selectors.includes(one.name) || !own.some(({ name }) => name === one.name),
  )
  const isSelector = (one: XmlElement): boolean => selectors.includes(one.name)
  const order = ['status', 'dc-status', 'version', 'title', 'description', 'reference', 'platform']
  const properties = [...inherited, ...own]
    .filter((one) => !isSelector(one))
    .toSorted((one, other) => order.indexOf(one.name) - order.indexOf(other.name))
  const children = [...properties, ...lastOfEach([...inherited, ...own].filter(isSelector))]
  return {
    ...profile,
    content: children,
    children,
    text: '',
    attributes: profile.attributes.filter(({ name, namespace }) => name !== 'extends' || namespace !== ''),
  }
}

/** The schema wants one of a kind for an item. The last one holds, with what only an earlier one says. */
function lastOfEach(all: readonly XmlElement[]): XmlElement[] {
  const kept = new Map<string, XmlElement>()
  for (const one of all) {
    const key = `${one.name.replace('complex-', '')} ${attribute(one, 'idref') ?? ''}`
    const earlier = kept.get(key)?.attributes ?? []
    const more = earlier.filter(({ name, namespace }) => attribute(one, name, namespace) === undefined)
    kept.delete(key)
    kept.set(key, { ...one, attributes: [...one.attributes, ...more] })
  }
  return [...kept.values()]
}
