import type { Reader, ReadingProblem } from '../../api/json-reader.ts'
import { newNotes, parseJson } from '../../api/json-reader.ts'
import { RequestError } from '../../errors.ts'
import type { Detail } from '../../errors.ts'

export interface ReadBody<T> {
  /** Undefined for `null`. */
  readonly sent: T | undefined
  /** Members that mean nothing here, by their place. */
  readonly ignored: readonly string[]
}

/** The body as one JSON text of the right types, or the contract's refusal of it with everything that is wrong. */
export function readBody<T>(body: Uint8Array, reader: Reader<T>): ReadBody<T> {
  const parsed = parseJson(body)
  if ('problem' in parsed) throw refuseValues([parsed.problem])
  const notes = newNotes()
  const sent = reader(parsed.value, '', notes)
  if (notes.problems.length > 0) throw refuseValues(notes.problems)
  return { sent, ignored: notes.ignored }
}

/** A value of the wrong type or out of its range. */
export function refuseValues(problems: readonly ReadingProblem[]): RequestError {
  return new RequestError('invalid-json', { details: asDetails(problems) })
}

/** A member that is missing, or that stands for something that is not there. */
export function refuseInput(problems: readonly ReadingProblem[]): RequestError {
  return new RequestError('invalid-input', { details: asDetails(problems) })
}

/** Enough to act upon; a list of ten thousand wrong ids is not repeated. */
const maxDetails = 50

function asDetails(problems: readonly ReadingProblem[]): Detail[] {
  return problems.slice(0, maxDetails).map(({ member, value, allowed }) => ({
    Member: member === '' ? 'body' : member,
    ...(value === undefined ? {} : { Value: presentable(value) }),
    Allowed: allowed,
  }))
}

const maxValueLength = 200

function presentable(value: unknown): unknown {
  if (Array.isArray(value)) return `a list of ${value.length}`
  if (typeof value === 'object' && value !== null) return 'an object'
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value)
  return typeof value === 'string' && value.length > maxValueLength ? `${value.slice(0, maxValueLength)}…` : value
}

const maxHeaderLength = 2000

/** The header that names ignored members: visible ASCII, the rest percent-encoded, and no longer than a line should be. */
export function ignoredHeader(ignored: readonly string[]): Readonly<Record<string, string>> {
  if (ignored.length === 0) return {}
  let names = ''
  for (const name of ignored) {
    const next = `${names === '' ? '' : ', '}${encodeURIComponent(name).replaceAll('%5B', '[').replaceAll('%5D', ']')}`
    if (names.length + next.length > maxHeaderLength) return { 'plumbline-ignored-members': `${names}, ...` }
    names += next
  }
  return { 'plumbline-ignored-members': names }
}
