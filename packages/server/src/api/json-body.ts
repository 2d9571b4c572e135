import type { Static, TSchema } from 'typebox'
import { Check, Errors } from 'typebox/schema'

/** What stands in the way of reading a body. */
export interface BodyProblem {
  readonly member: string
  readonly allowed: string
}

/** Reads a JSON body by its schema; for operations of our own, whose members are spelled in one way. */
export function readJsonBody<Schema extends TSchema>(
  schema: Schema,
  body: Uint8Array,
): { readonly value: Static<Schema> } | { readonly problems: readonly BodyProblem[] } {
  let value: unknown
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body))
  } catch {
    return { problems: [{ member: '', allowed: 'JSON in UTF-8' }] }
  }
  if (Check(schema, value)) {
    const member = findUnstorable(value)
    if (member === undefined) return { value }
    return { problems: [{ member, allowed: 'a string of Unicode characters without NUL' }] }
  }
  return {
    problems: Errors(schema, value)[1].map(({ instancePath, message }) => ({
      member: instancePath.slice(1).replaceAll('/', '.'),
      allowed: message,
    })),
  }
}

/** The place of a text that no database can hold: one with NUL, or with half of a surrogate pair. */
function findUnstorable(value: unknown): string | undefined {
  const left: (readonly [place: string, value: unknown])[] = [['', value]]
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    const [place, one] = next
    if (typeof one === 'string' && (!one.isWellFormed() || one.includes('\0'))) return place
    if (typeof one !== 'object' || one === null) continue
    for (const [name, member] of Object.entries(one)) left.push([place === '' ? name : `${place}.${name}`, member])
  }
  return undefined
}
