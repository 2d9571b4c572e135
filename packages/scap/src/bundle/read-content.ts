import { createHash } from 'node:crypto'
import { parseCpeList, parsePlatforms } from '../cpe/parse.ts'
import { ContentError } from '../errors.ts'
import type { OvalContent } from '../oval/model/content.ts'
import { parseOval } from '../oval/parse.ts'
import { scriptStream } from '../sce/script.ts'
import type { BenchmarkContent } from '../xccdf/content.ts'
import { parseBenchmark } from '../xccdf/parse/benchmark.ts'
import { attribute, childrenNamed, deepText, descendants, type XmlElement } from '../xml/element.ts'
import { readXml } from '../xml/read.ts'
import { expand } from './bzip2.ts'
import {
  asMissing,
  isRemote,
  localPath,
  readDataStreams,
  readElsewhere,
  type Component,
  type ContentFile,
  type FindFile,
} from './data-stream.ts'

/** What was in a file of SCAP content. */
export interface ScapContent {
  readonly kind: 'data stream' | 'oval' | 'xccdf'
  readonly fileName: string
  /** SHA-256 of the file, in hexadecimal. */
  readonly digest: string
  readonly bytes: number
  readonly benchmarks: readonly BenchmarkContent[]
  /** The document itself, of a file that is only OVAL. */
  readonly oval?: OvalContent
}

/**
 * Reads a source data stream (SCAP 1.2 or 1.3), a bare XCCDF benchmark with the files that it refers to, or an OVAL
 * document. Reads nothing but what it is given. Throws `ContentError` with file, line and column.
 */
export function readContent(file: ContentFile, findFile: FindFile = () => undefined): ScapContent {
  return assembleContent(readXml(expand(file.data, file.name), file.name), file, findFile)
}

/** The same of a file whose XML has been read already. */
export function assembleContent(
  root: XmlElement,
  file: ContentFile,
  findFile: FindFile = () => undefined,
): ScapContent {
  const about = {
    fileName: file.name,
    digest: createHash('sha256').update(file.data).digest('hex'),
    bytes: file.data.length,
  }
  switch (root.name) {
    case 'data-stream-collection':
      return {
        kind: 'data stream',
        ...about,
        benchmarks: readDataStreams(root, findFile).map(({ benchmark, find, streamId, referenceId }) => ({
          ...assemble(benchmark, find, about),
          dataStream: { id: streamId, referenceId },
        })),
      }
    case 'Benchmark':
      return { kind: 'xccdf', ...about, benchmarks: [assemble(root, beside(findFile), about)] }
    case 'oval_definitions':
      return { kind: 'oval', ...about, benchmarks: [], oval: parseOval(root) }
    default:
      throw new ContentError(
        'content-not-recognised',
        `<${root.name}> is no SCAP content; expected a source data stream, an XCCDF benchmark or OVAL definitions`,
        root,
      )
  }
}

type Find = (href: string) => Component

/** For loose files: a reference names a file in the same folder, or anywhere if its reader reaches there. */
export function beside(findFile: FindFile): Find {
  const read = new Map<string, Component>()
  return (href) => {
    const known = read.get(href)
    if (known !== undefined) return known
    const path = findFile.reachesOutside === true ? localPath(href) : href
    const found = isRemote(path) ? readElsewhere(path, findFile) : readBeside(path, findFile)
    read.set(href, found)
    return found
  }
}

function readBeside(href: string, findFile: FindFile): Component {
  const file = findFile.reachesOutside === true || isInside(href) ? findFile(href) : undefined
  if (file === undefined) return { missing: `${href} is not beside the benchmark` }
  return 'missing' in file ? file : { root: rootOf(file), find: beside(findFile), extended: false }
}

/** A file of the same folder, or of one in it. */
const isInside = (href: string): boolean =>
  /^[^\\:\0]+$/.test(href) && href.split('/').every((part) => part !== '' && part !== '..')

/** A script is no XML; it is read as the element that would hold it in a data stream. */
function rootOf({ name, data: written }: ContentFile): XmlElement {
  const data = expand(written, name)
  if (looksLikeXml(data)) return readXml(data, name)
  const text = new TextDecoder().decode(data)
  return {
    name: 'script',
    namespace: scriptStream,
    attributes: [],
    content: [text],
    children: [],
    text,
    file: name,
    line: 1,
    column: 1,
  }
}

/** It begins with `<`, perhaps after a mark of its encoding or white space. */
const looksLikeXml = (data: Uint8Array): boolean =>
  /^(\ufeff|\xef\xbb\xbf|\xfe\xff|\xff\xfe|\0)*\s*\0?</.test(Buffer.from(data.subarray(0, 64)).toString('latin1'))

function assemble(
  root: XmlElement,
  find: Find,
  about: { readonly digest: string; readonly fileName: string },
): BenchmarkContent {
  const oval: Record<string, OvalContent> = {}
  const scripts: Record<string, string> = {}
  const missing: Record<string, string> = {}
  for (const href of hrefsOf(root)) {
    const found = find(href)
    if ('missing' in found) missing[href] = found.missing
    else if (found.root.name === 'script' && found.root.namespace === scriptStream) scripts[href] = deepText(found.root)
    else if (found.root.name === 'oval_definitions') {
      const document = found.isElsewhere === true ? asMissing(href, () => parseOnce(found.root)) : parseOnce(found.root)
      if ('missing' in document) missing[href] = document.missing
      else oval[href] = document
    }
  }
  const dictionaries = dictionariesFor(root, find)
  const cpeOval: Record<string, OvalContent> = {}
  const addOval = (href: string, from: Find): void => {
    const found = Object.hasOwn(cpeOval, href) ? undefined : from(href)
    if (found !== undefined && !('missing' in found) && found.root.name === 'oval_definitions')
      cpeOval[href] = parseOnce(found.root)
  }
  // XCCDF 1.1 may hold a list of its own.
  const lists = [...childrenNamed(root, 'cpe-list').map((list) => ({ root: list, find })), ...dictionaries]
  const items = lists.flatMap((dictionary) => {
    const found = parseCpeList(dictionary.root)
    for (const { href } of found.flatMap(({ checks }) => checks)) addOval(href, dictionary.find)
    return found
  })
  for (const reference of descendants(root)) {
    const href = reference.name === 'check-fact-ref' ? attribute(reference, 'href') : undefined
    if (href === undefined) continue
    addOval(href, find)
    for (const dictionary of dictionaries) addOval(href, dictionary.find)
  }
  return {
    ...about,
    benchmark: parseBenchmark(root),
    oval,
    scripts,
    missing,
    cpe: { platforms: parsePlatforms(root), items },
    cpeOval,
  }
}

/** A component that two benchmarks, or rules and platforms, refer to is read once. */
const parsed = new WeakMap<XmlElement, OvalContent>()

function parseOnce(root: XmlElement): OvalContent {
  const known = parsed.get(root) ?? parseOval(root)
  parsed.set(root, known)
  return known
}

/** The documents that checks of rules refer to. */
export const hrefsOf = (root: XmlElement): Set<string> =>
  new Set(
    [...descendants(root)]
      .filter(({ name }) => name === 'check-content-ref')
      .flatMap((reference) => attribute(reference, 'href') ?? []),
  )

interface Dictionary {
  readonly root: XmlElement
  readonly find: Find
}

/** Those of the data stream, or the one that lies beside a bare benchmark under the usual name. */
export function dictionariesFor(root: XmlElement, find: Find): Dictionary[] {
  const names = root.file.endsWith('-xccdf.xml')
    ? [root.file.replace(/^.*[/\\]/, '').replace('-xccdf.xml', '-cpe-dictionary.xml')]
    : []
  const found = [...dictionaryNames(find), ...names].map(find)
  return found.flatMap((component) =>
    'missing' in component || component.root.name !== 'cpe-list'
      ? []
      : [{ root: component.root, find: component.find }],
  )
}

const dictionaryNames = (find: Find): readonly string[] =>
  (find as { dictionaries?: readonly string[] }).dictionaries ?? []
