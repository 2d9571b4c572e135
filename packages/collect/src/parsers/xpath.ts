import type * as Library from 'libxml2-wasm'

/** What an XPath expression came to: a value, or those of the nodes that it found. */
export type XPathResult =
  | { readonly kind: 'nodes'; readonly found: boolean; readonly values: readonly string[] }
  | { readonly kind: 'value'; readonly value: string }

/**
 * Evaluates an XPath 1.0 expression over an XML document, by the library that the referee uses too. Nothing else is opened.
 * The document is as the referee sees it: elements, attributes and text alone, in no namespace, for content has no way to
 * declare one. Elements have no value of their own. Throws what is wrong with either.
 */
export async function evaluateXPath(document: Uint8Array, expression: string): Promise<XPathResult> {
  // Only who meets such a file pays for the library.
  const library = await import('libxml2-wasm')
  const read = library.XmlDocument.fromBuffer(document, { option: library.ParseOption.XML_PARSE_NOWARNING })
  let parsed = read
  try {
    if (!isPlain(document) || read.get(IN_NAMESPACE) !== null) parsed = plainCopy(library, read)
    const result = parsed.eval(expression)
    if (typeof result === 'number') return { kind: 'value', value: String(asInteger(result)) }
    if (!Array.isArray(result)) return { kind: 'value', value: String(result) }
    const values = result.filter((node) => !(node instanceof library.XmlElement)).map((node) => node.content)
    return { kind: 'nodes', found: result.length > 0, values }
  } finally {
    if (parsed !== read) parsed.dispose()
    read.dispose()
  }
}

/** Nothing but elements and text is in it, behind an XML declaration; of another encoding than ASCII's it cannot be told. */
function isPlain(document: Uint8Array): boolean {
  const bytes = Buffer.from(document.buffer, document.byteOffset, document.byteLength)
  return !bytes.includes('<!') && !bytes.includes('<?', bytes.indexOf('<') + 1) && !bytes.includes(0)
}

const IN_NAMESPACE = '//*[namespace-uri() != "" or @*[namespace-uri() != ""]]'

/**
 * Without namespaces, comments, instructions, and references to the document's own entities: texts that only these divided
 * are one.
 */
function plainCopy(library: typeof Library, read: Library.XmlDocument): Library.XmlDocument {
  const copy = library.XmlDocument.create()
  const fill = (to: Library.XmlElement, from: Library.XmlElement): void => {
    for (const { name, value } of from.attrs) to.setAttr(name, value)
    for (const node of from.find('node()')) {
      if (node instanceof library.XmlElement) fill(to.addElement(node.name), node)
      else if (node instanceof library.XmlText || node instanceof library.XmlCData) to.addText(node.content)
    }
  }
  try {
    fill(copy.createRoot(read.root.name), read.root)
    return copy
  } catch (error) {
    copy.dispose()
    throw error
  }
}

const leastInteger = -(2 ** 31)

/** As C converts a number: what is none becomes the least. */
const asInteger = (value: number): number =>
  Number.isFinite(value) && Math.abs(value) < 2 ** 31 ? Math.trunc(value) : leastInteger
