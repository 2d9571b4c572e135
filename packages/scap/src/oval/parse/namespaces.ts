import { ContentError } from '../../errors.ts'
import type { XmlElement } from '../../xml/element.ts'
import type { TestTypeName } from '../model/object.ts'
import { placeOf } from './attributes.ts'

export const OVAL_DEFINITIONS = 'http://oval.mitre.org/XMLSchema/oval-definitions-5'
export const OVAL_COMMON = 'http://oval.mitre.org/XMLSchema/oval-common-5'
export const OVAL_SYSTEM_CHARACTERISTICS = 'http://oval.mitre.org/XMLSchema/oval-system-characteristics-5'
export const OVAL_RESULTS = 'http://oval.mitre.org/XMLSchema/oval-results-5'
export const OVAL_VARIABLES = 'http://oval.mitre.org/XMLSchema/oval-variables-5'
export const XML_SCHEMA_INSTANCE = 'http://www.w3.org/2001/XMLSchema-instance'

/** The customary prefixes of the families' namespaces begin so, `ind-def` and `ind-sys`: scripts search results for them. */
const FAMILY_PREFIXES: Readonly<Record<string, string>> = {
  independent: 'ind',
  linux: 'lin',
  macos: 'mac',
  solaris: 'sol',
  unix: 'unix',
  windows: 'win',
}

/** The prefixes, by namespace, that definitions are written with. */
export const DEFINITIONS_PREFIXES: Readonly<Record<string, string>> = {
  [XML_SCHEMA_INSTANCE]: 'xsi',
  [OVAL_COMMON]: 'oval',
  ...Object.fromEntries(
    Object.entries(FAMILY_PREFIXES).map(([family, prefix]) => [`${OVAL_DEFINITIONS}#${family}`, `${prefix}-def`]),
  ),
}

/** The prefix that items of a family are written with. */
export function itemPrefix(family: string): string {
  return `${FAMILY_PREFIXES[family] ?? family}-sys`
}

/** `unix:password_object` is of the test type `unix/password`: the schema's family, and the name without its suffix. */
export function testTypeOf(element: XmlElement, suffix: '_item' | '_object' | '_state' | '_test'): TestTypeName {
  const hash = element.namespace.lastIndexOf('#')
  const family = hash === -1 ? '' : element.namespace.slice(hash + 1)
  if (family === '' || !element.name.endsWith(suffix)) {
    throw new ContentError(
      'content-invalid',
      `<${element.name}> of namespace "${element.namespace}" is not an OVAL ${suffix.slice(1)}`,
      placeOf(element),
    )
  }
  return `${family}/${element.name.slice(0, -suffix.length)}`
}
