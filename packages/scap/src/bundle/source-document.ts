import { ContentError } from '../errors.ts'
import type { XmlElement } from '../xml/element.ts'
import { readDataStreams, type FindFile } from './data-stream.ts'
import { beside, dictionariesFor } from './read-content.ts'

/** A benchmark as its author wrote it: what reports quote, and what results are appended to. */
export interface SourceDocument {
  /** The document's root: a data stream collection, or the benchmark itself. */
  readonly root: XmlElement
  /** The same as it came, not compressed, where that is at hand. */
  readonly bytes: Uint8Array | undefined
  readonly benchmark: XmlElement
  /** What the data stream finds the benchmark by: `#` and the id of a component, or another file. */
  readonly href: string | undefined
  /** The element that checks of rules, or of platforms and their dictionary, refer to by this name. */
  readonly find: (href: string, purpose: 'platforms' | 'rules') => XmlElement | undefined
}

/** The benchmarks of a document, in the order of `assembleContent`: two data streams may each have one of the same id. */
export function sourceDocuments(
  root: XmlElement,
  findFile: FindFile = () => undefined,
  bytes?: Uint8Array,
): SourceDocument[] {
  const found =
    root.name === 'data-stream-collection'
      ? readDataStreams(root, findFile)
      : root.name === 'Benchmark'
        ? [{ benchmark: root, find: beside(findFile), href: undefined }]
        : []
  return found.map(({ benchmark, find, href: place }) => ({
    root,
    bytes,
    benchmark,
    href: place,
    find(href, purpose) {
      const dictionaries = purpose === 'platforms' ? dictionariesFor(benchmark, find) : []
      const places = [...dictionaries.map((dictionary) => dictionary.find), find]
      for (const look of places) {
        const found = look(href)
        if (!('missing' in found)) return found.root
      }
      return undefined
    },
  }))
}

/** The one at a place of `assembleContent`. Throws `content-missing-component` where there is none. */
export function sourceDocument(root: XmlElement, at = 0, findFile?: FindFile, bytes?: Uint8Array): SourceDocument {
  const found = sourceDocuments(root, findFile, bytes)[at]
  if (found === undefined) throw new ContentError('content-missing-component', 'there is no benchmark', root)
  return found
}
