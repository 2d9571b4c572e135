import { ContentError } from '../errors.ts'
import { attribute, child, childrenNamed, type XmlElement } from '../xml/element.ts'

const xlink = 'http://www.w3.org/1999/xlink'

/** What a reference leads to: an element with references of its own, or the reason why there is none. */
export type Component =
  | { readonly missing: string }
  | { readonly root: XmlElement; readonly find: FindComponent; readonly extended: boolean }

export interface FindComponent {
  (name: string): Component
  /** Names under which the dictionaries of the data stream are found. */
  readonly dictionaries?: readonly string[]
}

export interface StreamBenchmark {
  readonly streamId: string
  /** The id of the `component-ref` that names it. */
  readonly referenceId: string
  readonly benchmark: XmlElement
  readonly find: FindComponent
}

/**
 * The benchmarks of a source data stream collection (SCAP 1.3, 3.1). Inside a stream a component refers to another by a
 * name that its `component-ref`'s catalog maps to a `component-ref`, which names the component.
 */
export function readDataStreams(root: XmlElement): StreamBenchmark[] {
  const components = new Map<string, XmlElement>()
  for (const element of root.children) {
    if (element.name !== 'component' && element.name !== 'extended-component') continue
    const id = attribute(element, 'id') ?? ''
    if (components.has(id))
      throw new ContentError('content-duplicate-id', `the component "${id}" is there twice`, { ...place(element), id })
    components.set(id, element)
  }
  const benchmarks = childrenNamed(root, 'data-stream').flatMap((stream) => readStream(stream, components))
  if (benchmarks.length > 0) return benchmarks
  throw new ContentError('content-missing-component', 'the data stream has no checklist', root)
}

function readStream(stream: XmlElement, components: ReadonlyMap<string, XmlElement>): StreamBenchmark[] {
  const sections = ['checklists', 'checks', 'dictionaries', 'extended-components'] as const
  const references = new Map<string, XmlElement>()
  for (const section of sections) {
    for (const reference of childrenNamed(child(stream, section) ?? stream, 'component-ref')) {
      references.set(attribute(reference, 'id') ?? '', reference)
    }
  }
  const dictionaryRefs = childrenNamed(child(stream, 'dictionaries') ?? noSection, 'component-ref')
  const follow = (reference: XmlElement): Component => {
    const href = attribute(reference, 'href', xlink) ?? attribute(reference, 'href') ?? ''
    if (!href.startsWith('#')) return { missing: `${href} is somewhere else, and remote content is not fetched` }
    const component = components.get(href.slice(1))
    const inner = component?.children[0]
    if (component === undefined || inner === undefined)
      return { missing: `the data stream has no component ${href.slice(1)}` }
    return { root: inner, find: finder(reference), extended: component.name === 'extended-component' }
  }
  const finder = (reference: XmlElement): FindComponent => {
    const catalog = new Map(
      childrenNamed(child(reference, 'catalog') ?? noSection, 'uri').map((uri) => [
        attribute(uri, 'name') ?? '',
        attribute(uri, 'uri') ?? '',
      ]),
    )
    const find = (name: string): Component => {
      const uri = catalog.get(name) ?? (references.has(name) ? `#${name}` : undefined)
      const target = uri?.startsWith('#') === true ? references.get(uri.slice(1)) : undefined
      if (target !== undefined) return follow(target)
      return {
        missing:
          uri === undefined
            ? `the data stream does not say what ${name} is`
            : `${uri} is somewhere else, and remote content is not fetched`,
      }
    }
    return Object.assign(find, { dictionaries: dictionaryRefs.map((one) => attribute(one, 'id') ?? '') })
  }
  return childrenNamed(child(stream, 'checklists') ?? noSection, 'component-ref').flatMap((reference) => {
    const found = follow(reference)
    if ('missing' in found) throw new ContentError('content-missing-component', found.missing, reference)
    // A tailoring may be listed among the checklists.
    return found.root.name === 'Benchmark'
      ? [
          {
            streamId: attribute(stream, 'id') ?? '',
            referenceId: attribute(reference, 'id') ?? '',
            benchmark: found.root,
            find: found.find,
          },
        ]
      : []
  })
}

const noSection: XmlElement = {
  name: '',
  namespace: '',
  attributes: [],
  content: [],
  children: [],
  text: '',
  file: '',
  line: 0,
  column: 0,
}

const place = ({ file, line, column }: XmlElement) => ({ file, line, column })
