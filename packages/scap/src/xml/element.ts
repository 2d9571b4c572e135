/** An attribute; `namespace` is empty for the usual, unprefixed one. */
export interface XmlAttribute {
  readonly name: string
  readonly namespace: string
  readonly value: string
}

/** An element of a document as it was read. Names are local names; prefixes are gone. */
export interface XmlElement {
  readonly name: string
  readonly namespace: string
  readonly attributes: readonly XmlAttribute[]
  /** Elements and runs of text in document order: what mixed content needs. */
  readonly content: readonly (XmlElement | string)[]
  /** The elements of `content`. */
  readonly children: readonly XmlElement[]
  /** The text directly inside, joined, as written (not trimmed). */
  readonly text: string
  readonly file: string
  /** Counted from 1; the place of the start tag. */
  readonly line: number
  readonly column: number
}

/** The value of an attribute, or `undefined` when the element does not bear it. */
export function attribute(element: XmlElement, name: string, namespace = ''): string | undefined {
  for (const candidate of element.attributes) {
    if (candidate.name === name && candidate.namespace === namespace) return candidate.value
  }
  return undefined
}

/** The first child of this local name (and namespace, when given). */
export function child(element: XmlElement, name: string, namespace?: string): XmlElement | undefined {
  for (const candidate of element.children) {
    if (candidate.name === name && (namespace === undefined || candidate.namespace === namespace)) return candidate
  }
  return undefined
}

/** All children of this local name (and namespace, when given); an element that is not there has none. */
export function childrenNamed(element: XmlElement | undefined, name: string, namespace?: string): XmlElement[] {
  if (element === undefined) return []
  return element.children.filter(
    (candidate) => candidate.name === name && (namespace === undefined || candidate.namespace === namespace),
  )
}

/** The trimmed text of the first child of this name; empty when there is none. */
export function childText(element: XmlElement, name: string, namespace?: string): string {
  return child(element, name, namespace)?.text.trim() ?? ''
}

/** All text inside an element and its descendants, in document order. */
export function deepText(element: XmlElement): string {
  return element.content.map((part) => (typeof part === 'string' ? part : deepText(part))).join('')
}

/** The element and all its descendants, in document order. */
export function* descendants(element: XmlElement): Generator<XmlElement> {
  const waiting = [element]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    yield next
    for (let at = next.children.length - 1; at >= 0; at -= 1) waiting.push(next.children[at]!)
  }
}
