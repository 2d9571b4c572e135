import { Value } from 'typebox/value'
import type { Static, TSchema } from 'typebox'

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
  if (Value.Check(schema, value)) return { value }
  return {
    problems: [...Value.Errors(schema, value)].map(({ instancePath, message }) => ({
      member: instancePath.slice(1).replaceAll('/', '.'),
      allowed: message,
    })),
  }
}
