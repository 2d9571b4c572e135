import { ContentError } from '../errors.ts'
import { child, childrenNamed } from '../xml/element.ts'
import type { XmlElement } from '../xml/element.ts'
import { placeOf, requireId } from './parse/attributes.ts'
import { OVAL_VARIABLES } from './parse/namespaces.ts'

/** Reads an `oval_variables` element: values by variable id, as an evaluation takes them. */
export function parseVariables(root: XmlElement): Record<string, readonly string[]> {
  if (root.name !== 'oval_variables' || root.namespace !== OVAL_VARIABLES) {
    throw new ContentError('content-not-recognised', `<${root.name}> is not <oval_variables>`, placeOf(root))
  }
  const variables = child(root, 'variables')
  const entries = (variables?.children ?? []).map((variable) => {
    const values = childrenNamed(variable, 'value').map(({ text }) => text)
    return [requireId(variable), values] as const
  })
  return Object.fromEntries(entries)
}
