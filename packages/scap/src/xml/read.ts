import { SaxesParser } from 'saxes'
import { ContentError } from '../errors.ts'
import type { ContentErrorCode } from '../errors.ts'
import { decodeXml } from './decode.ts'
import type { XmlAttribute, XmlElement } from './element.ts'

/** Bounds of what is read; the defaults hold every published data stream many times over. */
export interface XmlLimits {
  readonly maxBytes: number
  readonly maxDepth: number
  readonly maxAttributes: number
  readonly maxElements: number
}

export const DEFAULT_XML_LIMITS: XmlLimits = {
  maxBytes: 512 * 1024 * 1024,
  // As libxml2. Also keeps saxes linear: it looks namespaces up from tag to tag, quadratic in the depth.
  maxDepth: 256,
  maxAttributes: 256,
  maxElements: 20_000_000,
}

interface OpenElement extends XmlElement {
  readonly attributes: XmlAttribute[]
  readonly content: (XmlElement | string)[]
  readonly children: XmlElement[]
  text: string
}

const NONE: never[] = []

/**
 * Reads an XML document (bytes or text) into a tree. Never resolves an entity, never opens anything else:
 * a document type declaration is refused. Throws `ContentError` with file, line and column.
 */
export function readXml(input: Uint8Array | string, file: string, limits: Partial<XmlLimits> = {}): XmlElement {
  const { maxBytes, maxDepth, maxAttributes, maxElements } = { ...DEFAULT_XML_LIMITS, ...limits }
  if (input.length > maxBytes) {
    throw new ContentError('xml-too-large', `the document has more than ${maxBytes} bytes`, { file })
  }
  const parser = new SaxesParser({ xmlns: true })
  const open: OpenElement[] = []
  let root: XmlElement | undefined
  let attributesSeen = 0
  let elementsSeen = 0
  let place = { line: 1, column: 1 }
  const strings = new Map<string, string>()

  const refuse = (code: ContentErrorCode, message: string): never => {
    throw new ContentError(code, message, { file, line: parser.line, column: Math.max(1, parser.columnIndex) })
  }
  const addText = (text: string) => {
    const parent = open.at(-1)
    if (parent === undefined) return // white space around the root; saxes refuses anything else
    const { content } = parent
    const last = content.at(-1)
    const kept = text.length < 64 ? intern(strings, text) : text
    if (typeof last === 'string') content[content.length - 1] = last + kept
    else addContent(parent, kept)
    parent.text = parent.text === '' ? kept : parent.text + kept
  }

  parser.on('error', (error) => refuse('xml-not-well-formed', error.message.replace(/^(?:[^ ]*:)?\d+:\d+: /, '')))
  parser.on('doctype', () =>
    refuse('xml-has-doctype', 'document type declarations are not accepted; remove <!DOCTYPE …>'),
  )
  parser.on('opentagstart', ({ name }) => {
    if (open.length >= maxDepth) refuse('xml-too-deep', `elements are nested more than ${maxDepth} deep`)
    if (++elementsSeen > maxElements) refuse('xml-too-many-elements', `more than ${maxElements} elements`)
    attributesSeen = 0
    // The reader is one character past the name; when that was a newline, the tag began on the line before.
    const { line, columnIndex } = parser
    place =
      columnIndex === 0 ? { line: line - 1, column: 1 } : { line, column: Math.max(1, columnIndex - name.length - 1) }
  })
  parser.on('attribute', () => {
    if (++attributesSeen > maxAttributes) {
      refuse('xml-too-many-attributes', `an element has more than ${maxAttributes} attributes`)
    }
  })
  parser.on('opentag', (tag) => {
    const attributes: XmlAttribute[] = []
    for (const key in tag.attributes) {
      const { local, uri, prefix, value, name } = tag.attributes[key]!
      if (prefix === 'xmlns' || name === 'xmlns') continue
      attributes.push({
        name: intern(strings, local),
        namespace: uri,
        value: value.length < 64 ? intern(strings, value) : value,
      })
    }
    const element: OpenElement = {
      name: intern(strings, tag.local),
      namespace: tag.uri,
      attributes: attributes.length === 0 ? NONE : attributes,
      content: NONE,
      children: NONE,
      text: '',
      file,
      line: place.line,
      column: place.column,
    }
    open.push(element)
  })
  parser.on('closetag', () => {
    const element = open.pop()!
    const parent = open.at(-1)
    if (parent === undefined) {
      root = element
      return
    }
    addContent(parent, element)
    if (parent.children.length === 0) setField(parent, 'children', [element])
    else parent.children.push(element)
  })
  parser.on('text', addText)
  parser.on('cdata', addText)

  if (typeof input === 'string') parser.write(input.startsWith('\uFEFF') ? input.slice(1) : input)
  else for (const chunk of decodeXml(input, file)) parser.write(chunk)
  parser.close()
  return root ?? refuse('xml-not-well-formed', 'the document has no element')
}

/** Leaves share one empty array; the first thing inside an element gives it its own. */
function addContent(parent: OpenElement, part: XmlElement | string): void {
  if (parent.content.length === 0) setField(parent, 'content', [part])
  else parent.content.push(part)
}

function setField<K extends 'children' | 'content'>(element: OpenElement, key: K, value: OpenElement[K]): void {
  ;(element as { -readonly [P in K]: OpenElement[P] })[key] = value
}

/** One copy of each short string: names, ids and white space repeat thousands of times in a data stream. */
function intern(strings: Map<string, string>, text: string): string {
  const known = strings.get(text)
  if (known !== undefined) return known
  strings.set(text, text)
  return text
}
