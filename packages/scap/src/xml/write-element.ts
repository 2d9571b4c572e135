import type { XmlElement } from './element.ts'
import type { XmlWriter } from './write.ts'

const XML = 'http://www.w3.org/XML/1998/namespace'

/** How an element is written. */
export interface WriteElementOptions {
  /** Prefixes by namespace, declared on the element; other namespaces are declared where they begin. */
  readonly prefixes?: Readonly<Record<string, string>>
  /** Writes what comes after its last child. */
  readonly append?: () => void
}

/** Writes an element as it was read: names, namespaces, attributes and text. Prefixes and layout are the writer's own. */
export function writeElement(
  writer: XmlWriter,
  element: XmlElement,
  { prefixes = {}, append }: WriteElementOptions = {},
): void {
  const declared: Record<string, string> = {}
  for (const namespace in prefixes) declared[`xmlns:${prefixes[namespace]!}`] = namespace
  write(writer, element, undefined, prefixes, declared, append)
}

function write(
  writer: XmlWriter,
  element: XmlElement,
  outer: string | undefined,
  prefixes: Readonly<Record<string, string>>,
  attributes: Record<string, string>,
  append?: () => void,
): void {
  const prefix = prefixes[element.namespace]
  if (prefix === undefined && element.namespace !== outer) attributes['xmlns'] = element.namespace
  let number = 0
  for (const { name, namespace, value } of element.attributes) {
    if (namespace === '') attributes[name] = value
    else if (namespace === XML) attributes[`xml:${name}`] = value
    else {
      const known = prefixes[namespace]
      const own = known ?? `a${++number}`
      if (known === undefined) attributes[`xmlns:${own}`] = namespace
      attributes[`${own}:${name}`] = value
    }
  }
  // White space between elements is layout, unless text stands beside them.
  const isMixed = element.text.trim() !== '' || element.children.length === 0
  writer.open(prefix === undefined ? element.name : `${prefix}:${element.name}`, attributes)
  const inner = prefix === undefined ? element.namespace : outer
  for (const part of element.content) {
    if (typeof part !== 'string') write(writer, part, inner, prefixes, {})
    else if (isMixed) writer.text(part)
  }
  append?.()
  writer.close()
}
