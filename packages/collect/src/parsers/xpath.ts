/** What an XPath expression came to: a value, or those of the nodes that it found. */
export type XPathResult =
  | { readonly kind: 'nodes'; readonly found: boolean; readonly values: readonly string[] }
  | { readonly kind: 'value'; readonly value: string }

/**
 * Evaluates an XPath 1.0 expression over an XML document, by the library that the referee uses too. No entity is resolved
 * and nothing else is opened. Elements have no value of their own. Throws what is wrong with either.
 */
export async function evaluateXPath(document: Uint8Array, expression: string): Promise<XPathResult> {
  // Only who meets such a file pays for the library.
  const { XmlDocument, XmlElement } = await import('libxml2-wasm')
  const parsed = XmlDocument.fromBuffer(document)
  try {
    const result = parsed.eval(expression)
    if (typeof result === 'number') return { kind: 'value', value: String(asInteger(result)) }
    if (!Array.isArray(result)) return { kind: 'value', value: String(result) }
    const values = result.filter((node) => !(node instanceof XmlElement)).map((node) => node.content)
    return { kind: 'nodes', found: result.length > 0, values }
  } finally {
    parsed.dispose()
  }
}

const leastInteger = -(2 ** 31)

/** As C converts a number: what is none becomes the least. */
const asInteger = (value: number): number =>
  Number.isFinite(value) && Math.abs(value) < 2 ** 31 ? Math.trunc(value) : leastInteger
