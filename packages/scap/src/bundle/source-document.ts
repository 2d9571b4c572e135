import { ContentError } from '../errors.ts'
import { attribute, type XmlElement } from '../xml/element.ts'
import { readDataStreams, type FindFile } from './data-stream.ts'
import { beside } from './read-content.ts'

/** A benchmark as its author wrote it: what reports quote, and what results are appended to. */
export interface SourceDocument {
  /** The document's root: a data stream collection, or the benchmark itself. */
  readonly root: XmlElement
  readonly benchmark: XmlElement
  /** The id of the benchmark's component, in a data stream. */
  readonly componentId: string | undefined
  /** The element that checks refer to by this name. */
  readonly find: (href: string) => XmlElement | undefined
}

/**
 * The benchmark with this id, or at this place of `assembleContent`, since two data streams may each have one of the same
 * id; the first without either. Throws `content-missing-component` where there is none.
 */
export function sourceDocument(
  root: XmlElement,
  which?: string | number,
  findFile: FindFile = () => undefined,
): SourceDocument {
  const found =
    root.name === 'data-stream-collection'
      ? readDataStreams(root, findFile)
      : root.name === 'Benchmark'
        ? [{ benchmark: root, find: beside(findFile) }]
        : []
  const chosen = found.find(({ benchmark }, i) =>
    typeof which === 'number' ? i === which : which === undefined || attribute(benchmark, 'id') === which,
  )
  if (chosen === undefined)
    throw new ContentError('content-missing-component', `there is no benchmark ${which ?? ''}`, root)
  const component = root.children.find(({ children }) => children[0] === chosen.benchmark)
  return {
    root,
    benchmark: chosen.benchmark,
    componentId: component === undefined ? undefined : attribute(component, 'id'),
    find(href) {
      const document = chosen.find(href)
      return 'missing' in document ? undefined : document.root
    },
  }
}
