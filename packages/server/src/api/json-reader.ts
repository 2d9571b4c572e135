/**
 * Reads JSON as this API's clients send it: member names in any letter case, booleans and integers bare or quoted, GUIDs
 * in either case, `null` for "not sent", unknown members left aside. What is of the wrong type is noted, never thrown;
 * so a reader is total over all JSON values, and one reading names everything that is wrong.
 */
export type Reader<T> = (value: unknown, place: string, notes: ReadingNotes) => T | undefined

export interface ReadingNotes {
  readonly problems: ReadingProblem[]
  /** Unknown members, by their place: `JobDetails.Schedule.Colour`. */
  readonly ignored: string[]
}

export interface ReadingProblem {
  readonly member: string
  readonly value: unknown
  readonly allowed: string
}

export function newNotes(): ReadingNotes {
  return { problems: [], ignored: [] }
}

/** UTF-8 with or without a byte order mark; anything that is not one JSON text is a problem. */
export function parseJson(bytes: Uint8Array): { readonly value: unknown } | { readonly problem: ReadingProblem } {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    return { value: JSON.parse(text) as unknown }
  } catch (error) {
    const allowed = `one JSON text in UTF-8${error instanceof SyntaxError ? ` (${shorten(error.message)})` : ''}`
    return { problem: { member: '', value: undefined, allowed } }
  }
}

/** What is noted of one request: a thousand wrong elements are as wrong as fifty. */
const maxNotes = 50

function note(notes: ReadingNotes, member: string, value: unknown, allowed: string): undefined {
  if (notes.problems.length < maxNotes) notes.problems.push({ member, value, allowed })
}

/** `true`, `"true"`, `"True"`, and false alike. */
export const boolean: Reader<boolean> = (value, place, notes) => {
  if (value === null) return undefined
  if (typeof value === 'boolean') return value
  const word = typeof value === 'string' ? value.trim().toLowerCase() : ''
  if (word === 'true' || word === 'false') return word === 'true'
  return note(notes, place, value, 'true or false, bare or quoted')
}

/** A 32-bit integer, `50` or `"50"`. */
export const integer: Reader<number> = (value, place, notes) => {
  if (value === null) return undefined
  const number = typeof value === 'string' && /^\s*[+-]?\d{1,10}\s*$/.test(value) ? Number(value) : value
  // `| 0` leaves exactly the 32-bit integers alone, and makes no difference of -0.
  if (typeof number === 'number' && (number | 0) === number) return number | 0
  return note(notes, place, value, 'a 32-bit integer, bare or quoted')
}

/** A string that a database can hold: no NUL, and no half of a surrogate pair. */
export const text: Reader<string> = (value, place, notes) => {
  if (value === null) return undefined
  if (typeof value === 'string' && value.isWellFormed() && !value.includes('\0')) return value
  return note(notes, place, value, 'a string of Unicode characters without NUL')
}

const guidForm = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/i

export function isGuid(value: string): boolean {
  return guidForm.test(value)
}

/** Answers in lower case. */
export const guid: Reader<string> = (value, place, notes) => {
  if (value === null) return undefined
  if (typeof value === 'string' && isGuid(value)) return value.toLowerCase()
  return note(notes, place, value, 'a GUID, such as 2a221e47-f38a-4a6b-af20-43d650e6d56b')
}

/** A string that `isAllowed` finds right. */
export function textThat(isAllowed: (value: string) => boolean, allowed: string): Reader<string> {
  return (value, place, notes) => {
    if (value === null) return undefined
    return typeof value === 'string' && isAllowed(value) ? value : note(notes, place, value, allowed)
  }
}

/** One of a few words, as they are written. */
export function oneOf<const Word extends string>(words: readonly Word[]): Reader<Word> {
  return (value, place, notes) => {
    if (value === null) return undefined
    return words.find((word) => word === value) ?? note(notes, place, value, words.join(', '))
  }
}

export function list<T>(element: Reader<T>): Reader<T[]> {
  return (value, place, notes) => {
    if (value === null) return undefined
    if (!Array.isArray(value)) return note(notes, place, value, 'a list')
    const elements: T[] = []
    for (const [index, one] of value.entries()) {
      const read = element(one, `${place}[${index}]`, notes)
      if (read !== undefined) elements.push(read)
      else if (one === null) note(notes, `${place}[${index}]`, one, 'an element that is not null')
    }
    return elements
  }
}

type Readers<T> = { readonly [Name in keyof T]-?: Reader<Exclude<T[Name], undefined>> }

/**
 * An object with the members of `readers`, named with a small first letter here and a capital one on the wire. Of
 * several spellings of one member the last one counts, as of two members with the same spelling.
 */
export function object<T extends object>(readers: Readers<T>): Reader<Partial<T>> {
  const known = new Map(Object.entries(readers).map(([name, reader]) => [name.toLowerCase(), { name, reader }]))
  return (value, place, notes) => {
    if (value === null) return undefined
    if (typeof value !== 'object' || Array.isArray(value)) return note(notes, place, value, 'an object')
    const found: Record<string, unknown> = {}
    for (const [given, one] of Object.entries(value)) {
      const member = known.get(given.toLowerCase())
      if (member === undefined) {
        if (notes.ignored.length < maxNotes) notes.ignored.push(storable(shorten(within(place, given))))
        continue
      }
      // Every entry is a reader of its member's type; the map cannot say so.
      const read = (member.reader as Reader<unknown>)(one, within(place, capitalise(member.name)), notes)
      if (read === undefined) delete found[member.name]
      else found[member.name] = read
    }
    return found as Partial<T>
  }
}

function within(place: string, name: string): string {
  return place === '' ? name : `${place}.${name}`
}

export function capitalise(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1)
}

/** What every database and header encoder can take. */
function storable(words: string): string {
  return words.toWellFormed().replaceAll('\0', '\ufffd')
}

function shorten(words: string): string {
  return words.length <= 200 ? words : `${words.slice(0, 199)}…`
}
