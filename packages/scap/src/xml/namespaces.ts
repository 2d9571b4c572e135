import { splitName } from './names.ts'

const XML = 'http://www.w3.org/XML/1998/namespace'
const XMLNS = 'http://www.w3.org/2000/xmlns/'

export interface ResolvedName {
  readonly local: string
  readonly namespace: string
}

/** The prefixes that are declared at a place, and the names that were resolved there. */
export interface Scope {
  readonly prefixes: ReadonlyMap<string, string>
  readonly elements: Map<string, ResolvedName>
  readonly attributes: Map<string, ResolvedName>
}

const newScope = (prefixes: ReadonlyMap<string, string>): Scope => ({
  prefixes,
  elements: new Map(),
  attributes: new Map(),
})

export const outermostScope = (): Scope =>
  newScope(
    new Map([
      ['', ''],
      ['xml', XML],
    ]),
  )

/** The prefix that an attribute declares, empty for the default; undefined for an attribute that declares nothing. */
export function declaredPrefix(name: string): string | undefined {
  if (name === 'xmlns') return ''
  return name.startsWith('xmlns:') ? name.slice('xmlns:'.length) : undefined
}

/** The scope inside an element that declares prefixes; a text says what is wrong with a declaration. */
export function declare(outer: Scope, declared: ReadonlyMap<string, string>): Scope | string {
  const prefixes = new Map(outer.prefixes)
  for (const [prefix, uri] of declared) {
    if (prefix === 'xmlns' || uri === XMLNS) return 'the namespace of xmlns cannot be declared'
    if ((prefix === 'xml') !== (uri === XML)) return 'the prefix xml and its namespace belong together'
    if (prefix !== '' && uri === '') return `the prefix ${prefix} is declared without a namespace`
    if (prefix.includes(':')) return `xmlns:${prefix} declares no prefix`
    prefixes.set(prefix, uri)
  }
  return newScope(prefixes)
}

/** What a name as it is written means at a place; a text says what is wrong with it. An attribute without prefix has no namespace. */
export function resolveName(scope: Scope, name: string, kind: 'attributes' | 'elements'): ResolvedName | string {
  const known = scope[kind].get(name)
  if (known !== undefined) return known
  const parts = splitName(name)
  if (parts === undefined) return `"${name}" is no qualified name`
  const { prefix, local } = parts
  const namespace = kind === 'attributes' && prefix === '' ? '' : scope.prefixes.get(prefix)
  if (namespace === undefined) return `the prefix "${prefix}" is not declared`
  const resolved = { local, namespace }
  scope[kind].set(name, resolved)
  return resolved
}
