import { ContentError } from '../../errors.ts'
import { attribute } from '../../xml/element.ts'
import type { XmlElement } from '../../xml/element.ts'

/** The identifier of an element; there is nothing to say about one that has none. */
export function requireId(element: XmlElement, name = 'id'): string {
  const id = attribute(element, name)
  if (id === undefined || id === '') {
    throw new ContentError('content-invalid', `<${element.name}> has no ${name}`, element)
  }
  return id
}

/** An attribute that takes one of a few values; absent means `fallback`. */
export function oneOf<T extends string>(element: XmlElement, name: string, allowed: readonly T[], fallback: T): T {
  const value = attribute(element, name)
  if (value === undefined) return fallback
  const found = allowed.find((candidate) => candidate === value.trim())
  if (found !== undefined) return found
  throw new ContentError(
    'content-invalid',
    `${name}="${value}" of <${element.name}> is not one of: ${allowed.join(', ')}`,
    { ...placeOf(element), id: attribute(element, 'id') },
  )
}

/** An `xsd:boolean`; absent means `false`. */
export function booleanOf(element: XmlElement, name: string, namespace = ''): boolean {
  const value = attribute(element, name, namespace)?.trim()
  if (value === undefined || value === 'false' || value === '0') return false
  if (value === 'true' || value === '1') return true
  throw new ContentError(
    'content-invalid',
    `${name}="${value}" of <${element.name}> is not a boolean`,
    placeOf(element),
  )
}

/** An `xsd:integer` that must be there. */
export function integerOf(element: XmlElement, name: string): number {
  const value = attribute(element, name)?.trim()
  if (value !== undefined && /^[+-]?\d{1,15}$/.test(value)) return Number(value)
  throw new ContentError(
    'content-invalid',
    `${name}="${value ?? ''}" of <${element.name}> is not an integer`,
    placeOf(element),
  )
}

export function placeOf({ file, line, column }: XmlElement) {
  return { file, line, column }
}
