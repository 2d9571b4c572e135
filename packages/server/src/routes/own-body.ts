import type { Static, TSchema } from 'typebox'
import { readJsonBody } from '../api/json-body.ts'
import { RequestError } from '../errors.ts'

/** The body of an operation of ours, or a refusal that names each member in the way. */
export function ownBody<Schema extends TSchema>(schema: Schema, body: Uint8Array): Static<Schema> {
  const read = readJsonBody(schema, body)
  if ('value' in read) return read.value
  throw new RequestError('invalid-request', {
    details: read.problems.map(({ member, allowed }) => ({ Member: member, Allowed: allowed })),
  })
}
