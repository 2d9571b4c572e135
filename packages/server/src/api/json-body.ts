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
  return { problems: problemsOf(Errors(schema, value)[1]) }
}

type SchemaError = ReturnType<typeof Errors>[1][number]

/** One for each member: what one of several would allow is said together. */
function problemsOf(errors: readonly SchemaError[]): BodyProblem[] {
  const allowed = new Map<string, string[]>()
  const add = (member: string, text: string): void => {
    allowed.set(member, [...(allowed.get(member) ?? []), text])
  }
  for (const error of errors) {
    const member = error.instancePath.slice(1).replaceAll('/', '.')
    if (error.keyword === 'required') {
      for (const name of error.params.requiredProperties) add(member === '' ? name : `${member}.${name}`, 'a value')
    } else if (error.keyword === 'const') add(member, JSON.stringify(error.params.allowedValue))
    else if (error.keyword !== 'anyOf') add(member, error.message.replace(/^must be /, ''))
  }
  return [...allowed].map(([member, texts]) => ({ member, allowed: [...new Set(texts)].join(' or ') }))
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
