import type { XmlElement } from './element.ts'
import type { WriteAttributes, XmlWriter } from './write.ts'

const XML = 'http://www.w3.org/XML/1998/namespace'

/**
 * Writes an element as it was read: names, namespaces, attributes and text. Prefixes and layout are the writer's own.
 * `append` writes what comes after its last child.
 */
export function writeElement(writer: XmlWriter, element: XmlElement, namespace?: string, append?: () => void): void {
  const attributes: Record<string, string> = {}
  if (element.namespace !== namespace) attributes['xmlns'] = element.namespace
  let prefixes = 0
  for (const { name, namespace: uri, value } of element.attributes) {
    if (uri === '') attributes[name] = value
    else if (uri === XML) attributes[`xml:${name}`] = value
    else {
      const prefix = `a${++prefixes}`
      attributes[`xmlns:${prefix}`] = uri
      attributes[`${prefix}:${name}`] = value
    }
  }
  writeContent(writer, element, attributes, append)
}

function writeContent(writer: XmlWriter, element: XmlElement, attributes: WriteAttributes, append?: () => void): void {
  // White space between elements is layout, unless text stands beside them.
  const isMixed = element.text.trim() !== '' || element.children.length === 0
  writer.open(element.name, attributes)
  for (const part of element.content) {
    if (typeof part !== 'string') writeElement(writer, part, element.namespace)
    else if (isMixed) writer.text(part)
  }
  append?.()
  writer.close()
}
