import { ContentError } from '../errors.ts'
import { child, childText } from '../xml/element.ts'
import type { XmlElement } from '../xml/element.ts'
import type { OvalContent } from './model/content.ts'
import { placeOf } from './parse/attributes.ts'
import { parseDefinition } from './parse/definition.ts'
import { OVAL_DEFINITIONS } from './parse/namespaces.ts'
import { parseObject } from './parse/object.ts'
import { parseState } from './parse/state.ts'
import { parseTest } from './parse/test.ts'
import { parseVariable } from './parse/variable.ts'
import { checkReferences } from './references.ts'

/**
 * Reads an `oval_definitions` element into plain data. Refuses, with the place, what cannot be evaluated as a whole:
 * duplicate identifiers, references to nothing, definitions or variables that need themselves.
 */
export function parseOval(root: XmlElement): OvalContent {
  if (root.name !== 'oval_definitions' || root.namespace !== OVAL_DEFINITIONS) {
    throw new ContentError('content-not-recognised', `<${root.name}> is not <oval_definitions>`, placeOf(root))
  }
  const places = new Map<string, XmlElement>()
  const section = <T extends { readonly id: string }>(name: string, parse: (element: XmlElement) => T) => {
    const entries: Record<string, T> = {}
    for (const element of child(root, name, OVAL_DEFINITIONS)?.children ?? []) {
      const parsed = parse(element)
      if (Object.hasOwn(entries, parsed.id)) {
        throw new ContentError('content-duplicate-id', `"${parsed.id}" is defined twice`, {
          ...placeOf(element),
          id: parsed.id,
        })
      }
      define(entries, parsed.id, parsed)
      places.set(parsed.id, element)
    }
    return entries
  }

  const generator = child(root, 'generator')
  const content: OvalContent = {
    schemaVersion: generator === undefined ? '' : childText(generator, 'schema_version').split(':')[0]!,
    definitions: section('definitions', parseDefinition),
    tests: section('tests', parseTest),
    objects: section('objects', parseObject),
    states: section('states', parseState),
    variables: section('variables', parseVariable),
  }
  checkReferences(content, (id) => places.get(id) ?? root)
  return content
}

/** Plain assignment, which is faster, would not make a property of `__proto__`. */
function define<T>(entries: Record<string, T>, id: string, value: T): void {
  if (id !== '__proto__') {
    entries[id] = value
    return
  }
  Object.defineProperty(entries, id, { value, enumerable: true, configurable: true, writable: true })
}
