import { mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import {
  attribute,
  child,
  childrenNamed,
  deepText,
  expand,
  writeElement,
  writeXml,
  type FindFile,
  type XmlElement,
} from '@plumbline/scap'
import { Failure } from '../failure.ts'
import { readRemoteFiles } from '../remote-files.ts'
import { writeFile } from '../reports.ts'
import type { Operation } from './command-line.ts'
import { readValidDocument } from './document.ts'
import { choosing, fetching } from './xccdf-content.ts'

export const sourceStreamSplit: Operation = {
  summary: 'Write the components of a source data stream as files of their own.',
  usage: 'ds sds-split [options] STREAM FOLDER',
  options: {
    'datastream-id': 'the data stream of the collection',
    'xccdf-id': 'only this checklist and what it refers to',
    'local-files': choosing['local-files'],
  },
  switches: { 'skip-valid': 'do not validate', 'skip-validation': 'the same', ...fetching },
  files: [2, 2],
  refusesMore: true,
  async run(parameters) {
    const [path = '', folder = ''] = parameters.files
    const skip = parameters.has('skip-valid') || parameters.has('skip-validation')
    const { root } = readValidDocument(path, ['data-stream-collection'], skip)
    const wanted = parameters.value('datastream-id')
    const stream = childrenNamed(root, 'data-stream').find(
      (one) => wanted === undefined || attribute(one, 'id') === wanted,
    )
    if (stream === undefined) throw new Failure(`${path} has no data stream ${wanted ?? ''}`)
    mkdirSync(folder, { recursive: true })
    const find = await readRemoteFiles(root, {
      fetchRemoteResources: parameters.has('fetch-remote-resources'),
      localFiles: parameters.value('local-files'),
    })
    for (const [name, content] of filesOf(root, stream, parameters.value('xccdf-id'), find)) {
      mkdirSync(dirname(join(folder, name)), { recursive: true })
      writeFile(join(folder, name), (sink) => sink(content()))
    }
    return 0
  },
}

/** Components under the names by which the others refer to them. */
function filesOf(
  root: XmlElement,
  stream: XmlElement,
  checklist: string | undefined,
  find: FindFile,
): Map<string, () => string> {
  const components = new Map(
    root.children
      .filter(({ name }) => name === 'component' || name === 'extended-component')
      .map((one) => [attribute(one, 'id') ?? '', one.children[0]]),
  )
  const references = new Map(
    stream.children.flatMap((section) =>
      childrenNamed(section, 'component-ref').map((one) => [attribute(one, 'id') ?? '', one] as const),
    ),
  )
  const files = new Map<string, () => string>()
  const take = (reference: XmlElement, name: string): void => {
    const href = reference.attributes.find((one) => one.name === 'href')?.value ?? ''
    const file = safeName(name)
    if (files.has(file)) return
    const content = href.startsWith('#') ? contentOf(components.get(href.slice(1))) : elsewhere(href, find)
    if (typeof content === 'string') {
      process.stderr.write(`WARNING: ${content}\n`)
      return
    }
    files.set(file, content)
    for (const uri of childrenNamed(child(reference, 'catalog'), 'uri')) {
      const target = references.get((attribute(uri, 'uri') ?? '').replace(/^#/, ''))
      if (target !== undefined) take(target, attribute(uri, 'name') ?? '')
    }
  }
  for (const section of ['dictionaries', 'checklists'] as const) {
    for (const reference of childrenNamed(child(stream, section), 'component-ref')) {
      const id = attribute(reference, 'id') ?? ''
      if (section === 'checklists' && checklist !== undefined && id !== checklist) continue
      take(reference, id)
    }
  }
  return files
}

/** What is written, or why nothing is. A script is the text in its element. */
function contentOf(element: XmlElement | undefined): string | (() => string) {
  if (element === undefined) return 'the data stream has no such component'
  return element.name === 'script' ? () => deepText(element) : () => writeXml((writer) => writeElement(writer, element))
}

function elsewhere(href: string, find: FindFile): string | (() => string) {
  const file = find(href)
  if (file === undefined) return `${href} is somewhere else; --fetch-remote-resources fetches it`
  if ('missing' in file) return file.missing
  return () => new TextDecoder().decode(expand(file.data, file.name))
}

/** A name of the stream's becomes a file of the folder, or of one in it, never one elsewhere. */
function safeName(name: string): string {
  const plain = name.replace(/^file:/, '')
  const parts = plain.split('/')
  if (/[\\\u0000]/.test(plain) || parts.some((part) => part === '' || part === '.' || part === '..'))
    throw new Failure(`the data stream has a component named "${name}", which is no file name`)
  return plain
}
