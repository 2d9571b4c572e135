import { ContentError } from '../errors.ts'
import { attribute, child, childrenNamed, descendants, type XmlElement } from '../xml/element.ts'
import { readXml } from '../xml/read.ts'
import { expand } from './bzip2.ts'

const xlink = 'http://www.w3.org/1999/xlink'

export interface ContentFile {
  readonly name: string
  readonly data: Uint8Array
}

/**
 * Hands over the file of that name that lies beside the content, or what was fetched from that address; undefined where
 * there is none or nobody looked, and why where it could not be had.
 */
export interface FindFile {
  (name: string): ContentFile | { readonly missing: string } | undefined
  /** Whether it is asked for files out of the content's folder too, as one's own content may be on one's own machine. */
  readonly reachesOutside?: boolean
}

/** What a reference leads to: an element with references of its own, or the reason why there is none. */
export type Component =
  | { readonly missing: string }
  | {
      readonly root: XmlElement
      readonly find: FindComponent
      readonly extended: boolean
      readonly isElsewhere?: boolean
    }

export interface FindComponent {
  (name: string): Component
  /** Names under which the dictionaries of the data stream are found. */
  readonly dictionaries?: readonly string[]
}

export interface StreamBenchmark {
  readonly streamId: string
  /** The id of the `component-ref` that names it. */
  readonly referenceId: string
  /** Where that finds it: `#` and the id of a component, or another file. */
  readonly href: string
  readonly benchmark: XmlElement
  readonly find: FindComponent
}

export interface StreamCheck {
  readonly streamId: string
  readonly referenceId: string
  readonly component: Component
}

/**
 * The benchmarks of a source data stream collection (SCAP 1.3, 3.1). Inside a stream a component refers to another by a
 * name that its `component-ref`'s catalog maps to a `component-ref`, which names the component.
 */
export function readDataStreams(root: XmlElement, findFile: FindFile = () => undefined): StreamBenchmark[] {
  const components = componentsOf(root)
  const benchmarks = childrenNamed(root, 'data-stream').flatMap((stream) => readStream(stream, components, findFile))
  if (benchmarks.length > 0) return benchmarks
  throw new ContentError('content-missing-component', 'the data stream has no checklist', root)
}

/** What the streams of a collection list among their checks, in order; a stream of checks alone has no benchmark. */
export function readStreamChecks(root: XmlElement, findFile: FindFile = () => undefined): StreamCheck[] {
  const components = componentsOf(root)
  return childrenNamed(root, 'data-stream').flatMap((stream) => {
    const follow = followIn(stream, components, findFile)
    return childrenNamed(child(stream, 'checks'), 'component-ref').map((reference) => ({
      streamId: attribute(stream, 'id') ?? '',
      referenceId: attribute(reference, 'id') ?? '',
      component: follow(reference),
    }))
  })
}

function componentsOf(root: XmlElement): ReadonlyMap<string, XmlElement> {
  const components = new Map<string, XmlElement>()
  for (const element of root.children) {
    if (element.name !== 'component' && element.name !== 'extended-component') continue
    const id = attribute(element, 'id') ?? ''
    if (components.has(id))
      throw new ContentError('content-duplicate-id', `the component "${id}" is there twice`, { ...place(element), id })
    components.set(id, element)
  }
  return components
}

function readStream(
  stream: XmlElement,
  components: ReadonlyMap<string, XmlElement>,
  findFile: FindFile,
): StreamBenchmark[] {
  const follow = followIn(stream, components, findFile)
  return childrenNamed(child(stream, 'checklists'), 'component-ref').flatMap((reference) => {
    const found = follow(reference)
    if ('missing' in found) throw new ContentError('content-missing-component', found.missing, reference)
    // A tailoring may be listed among the checklists.
    return found.root.name === 'Benchmark'
      ? [
          {
            streamId: attribute(stream, 'id') ?? '',
            referenceId: attribute(reference, 'id') ?? '',
            href: hrefOf(reference),
            benchmark: found.root,
            find: found.find,
          },
        ]
      : []
  })
}

/** Follows the references of a stream, and those of the components that they lead to. */
function followIn(
  stream: XmlElement,
  components: ReadonlyMap<string, XmlElement>,
  findFile: FindFile,
): (reference: XmlElement) => Component {
  const sections = ['checklists', 'checks', 'dictionaries', 'extended-components'] as const
  const references = new Map<string, XmlElement>()
  for (const section of sections) {
    for (const reference of childrenNamed(child(stream, section), 'component-ref')) {
      references.set(attribute(reference, 'id') ?? '', reference)
    }
  }
  const dictionaryRefs = childrenNamed(child(stream, 'dictionaries'), 'component-ref')
  const follow = (reference: XmlElement): Component => {
    const href = hrefOf(reference)
    if (!href.startsWith('#')) {
      const file = findFile.reachesOutside === true ? readLocal(href, findFile) : undefined
      return file === undefined ? readElsewhere(href, findFile) : { ...file, find: finder(reference) }
    }
    const component = components.get(href.slice(1))
    const inner = component?.children[0]
    if (component === undefined || inner === undefined)
      return { missing: `the data stream has no component ${href.slice(1)}` }
    return { root: inner, find: finder(reference), extended: component.name === 'extended-component' }
  }
  const finder = (reference: XmlElement): FindComponent => {
    const catalog = new Map(
      childrenNamed(child(reference, 'catalog'), 'uri').map((uri) => [
        attribute(uri, 'name') ?? '',
        attribute(uri, 'uri') ?? '',
      ]),
    )
    const find = (name: string): Component => {
      const uri = catalog.get(name) ?? (references.has(name) ? `#${name}` : undefined)
      const target = uri?.startsWith('#') === true ? references.get(uri.slice(1)) : undefined
      if (target !== undefined) return follow(target)
      return uri === undefined
        ? { missing: `the data stream does not say what ${name} is` }
        : readElsewhere(uri, findFile)
    }
    return Object.assign(find, { dictionaries: dictionaryRefs.map((one) => attribute(one, 'id') ?? '') })
  }
  return follow
}

const hrefOf = (reference: XmlElement): string =>
  attribute(reference, 'href', xlink) ?? attribute(reference, 'href') ?? ''

/** Content that lies elsewhere, if somebody has fetched it. */
export function readElsewhere(url: string, findFile: FindFile): Component {
  const file = isRemote(url) ? findFile(url) : undefined
  if (file === undefined)
    return { missing: `${url} is somewhere else, and remote content is fetched only when that is asked for` }
  if ('missing' in file) return file
  const find = (name: string): Component => ({ missing: `${url} refers to ${name}, which is not looked for` })
  return asMissing(url, () => ({ root: readOnce(file), find, extended: false, isElsewhere: true }))
}

/** A file of the same machine, or the component of a data stream in it. */
function readLocal(href: string, findFile: FindFile): { root: XmlElement; extended: boolean } | undefined {
  const [path = '', id] = localPath(href).split('#')
  const file = isRemote(path) ? undefined : findFile(path)
  if (file === undefined || 'missing' in file) return undefined
  const root = readOnce(file)
  if (id === undefined) return { root, extended: false }
  const component = componentsOf(root).get(id)
  const inner = component?.children[0]
  return inner && { root: inner, extended: component?.name === 'extended-component' }
}

/** The path that a reference with the scheme of files means: `file:other.xml`, `file:///srv/other.xml`. */
export const localPath = (href: string): string => href.replace(/^file:(\/\/)?/i, '')

/** What others publish may be wrong today: that spoils its own checks, and not the content that refers to it. */
export function asMissing<Value>(url: string, read: () => Value): Value | { readonly missing: string } {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof ContentError)) throw error
    return { missing: `${url} cannot be used: ${error.message}` }
  }
}

/** A file that benchmark, dictionary and reports refer to is read once. */
const read = new WeakMap<ContentFile, XmlElement>()

function readOnce(file: ContentFile): XmlElement {
  const known = read.get(file) ?? readXml(expand(file.data, file.name), file.name)
  read.set(file, known)
  return known
}

/** Whether a reference names content elsewhere, by its scheme. */
export const isRemote = (href: string): boolean => /^[a-z][a-z0-9+.-]+:\/\//i.test(href)

/** Content elsewhere that a file refers to: its address, and the name by which checks mean it. */
export interface RemoteReference {
  readonly url: string
  readonly name: string
}

/** All of them, so that they can be fetched before the content is read. */
export function remoteReferences(root: XmlElement): RemoteReference[] {
  const names = new Map<string, string>()
  const urls = new Map<string, string>()
  for (const element of descendants(root)) {
    if (element.name === 'uri') names.set(attribute(element, 'uri') ?? '', attribute(element, 'name') ?? '')
    const href = element.name === 'check-content-ref' ? (attribute(element, 'href') ?? '') : ''
    if (isRemote(href)) urls.set(href, href)
    if (element.name !== 'component-ref' || !isRemote(hrefOf(element))) continue
    urls.set(hrefOf(element), `#${attribute(element, 'id') ?? ''}`)
  }
  for (const uri of names.keys()) if (isRemote(uri)) urls.set(uri, uri)
  return [...urls].map(([url, uri]) => ({ url, name: names.get(uri) ?? url }))
}

const place = ({ file, line, column }: XmlElement) => ({ file, line, column })
