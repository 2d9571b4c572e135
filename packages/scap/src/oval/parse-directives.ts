import { ContentError } from '../errors.ts'
import { attribute, child, type XmlElement } from '../xml/element.ts'
import type { OvalResult } from './model/enumerations.ts'
import { booleanOf, placeOf } from './parse/attributes.ts'
import type { Directives } from './write/results.ts'

/** Reads an `oval_directives` element: what of each result is to be written. What it does not name is not reported. */
export function parseDirectives(root: XmlElement): Directives {
  const directives = child(root, 'directives')
  if (root.name !== 'oval_directives' || directives === undefined)
    throw new ContentError('content-not-recognised', `<${root.name}> is not <oval_directives>`, placeOf(root))
  const of = (result: OvalResult) => {
    const element = child(directives, `definition_${result.replaceAll(' ', '_')}`)
    if (element === undefined) return { reported: false, content: 'full' } as const
    return {
      reported: booleanOf(element, 'reported'),
      content: attribute(element, 'content') === 'thin' ? ('thin' as const) : ('full' as const),
    }
  }
  return {
    includeSourceDefinitions:
      attribute(directives, 'include_source_definitions') === undefined ||
      booleanOf(directives, 'include_source_definitions'),
    true: of('true'),
    false: of('false'),
    unknown: of('unknown'),
    error: of('error'),
    'not evaluated': of('not evaluated'),
    'not applicable': of('not applicable'),
  }
}
