import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { attribute, child, childrenNamed, writeElement, writeXml, type XmlElement } from '@plumbline/scap'
import { Failure } from '../failure.ts'
import { writeFile } from '../reports.ts'
import type { Operation } from './command-line.ts'
import { readValidDocument } from './document.ts'

export const sourceStreamSplit: Operation = {
  summary: 'Write the components of a source data stream as files of their own.',
  usage: 'ds sds-split [options] STREAM FOLDER',
  options: {
    'datastream-id': 'the data stream of the collection',
    'xccdf-id': 'only this checklist and what it refers to',
  },
  switches: { 'skip-valid': 'do not validate', 'skip-validation': 'the same' },
  unsupported: ['fetch-remote-resources', 'local-files'],
  files: [2, 2],
  run(parameters) {
    const [path = '', folder = ''] = parameters.files
    const skip = parameters.has('skip-valid') || parameters.has('skip-validation')
    const { root } = readValidDocument(path, ['data-stream-collection'], skip)
    const wanted = parameters.value('datastream-id')
    const stream = childrenNamed(root, 'data-stream').find(
      (one) => wanted === undefined || attribute(one, 'id') === wanted,
    )
    if (stream === undefined) throw new Failure(`${path} has no data stream ${wanted ?? ''}`)
    mkdirSync(folder, { recursive: true })
    for (const [name, element] of filesOf(root, stream, parameters.value('xccdf-id')))
      writeFile(join(folder, name), (sink) => sink(writeXml((writer) => writeElement(writer, element))))
    return 0
  },
}

/** Components under the names by which the others refer to them. */
function filesOf(root: XmlElement, stream: XmlElement, checklist: string | undefined): Map<string, XmlElement> {
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
  const files = new Map<string, XmlElement>()
  const take = (reference: XmlElement, name: string): void => {
    const href = reference.attributes.find((one) => one.name === 'href')?.value ?? ''
    const element = components.get(href.replace(/^#/, ''))
    if (!href.startsWith('#') || element === undefined) {
      process.stderr.write(`WARNING: ${href} is somewhere else, and remote content is not fetched\n`)
      return
    }
    const file = safeName(name)
    if (files.has(file)) return
    files.set(file, element)
    for (const uri of childrenNamed(child(reference, 'catalog') ?? noCatalog, 'uri')) {
      const target = references.get((attribute(uri, 'uri') ?? '').replace(/^#/, ''))
      if (target !== undefined) take(target, attribute(uri, 'name') ?? '')
    }
  }
  for (const section of ['dictionaries', 'checklists'] as const) {
    for (const reference of childrenNamed(child(stream, section) ?? noCatalog, 'component-ref')) {
      const id = attribute(reference, 'id') ?? ''
      if (section === 'checklists' && checklist !== undefined && id !== checklist) continue
      take(reference, id)
    }
  }
  return files
}

/** A name of the stream's becomes a file of the folder, never one elsewhere. */
function safeName(name: string): string {
  const plain = name.replace(/^file:/, '')
  if (plain === '' || /[/\\\u0000]/.test(plain) || plain === '.' || plain === '..')
    throw new Failure(`the data stream has a component named "${name}", which is no file name`)
  return plain
}

const noCatalog: XmlElement = {
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
