/** PostgreSQL type numbers whose text form is read the same way on both databases. */
const timestamptz = 1184
const int8 = 20
const numeric = 1700

/** `2026-11-24 03:00:00.5+00` (the session's zone is UTC) → `2026-11-24T03:00:00.5Z`; infinities stay as they are. */
export function parseInstant(text: string): string {
  return text.replace(' ', 'T').replace(/\+00(?::?00)?$/, 'Z')
}

const asIs = (text: string): string => text

/** For PGlite's `parsers`. */
export const embeddedParsers = { [timestamptz]: parseInstant, [int8]: asIs, [numeric]: asIs }

/** For `pg`'s `types`: a parser for a type number, or undefined to leave it to the library. */
export function serverParser(type: number): ((text: string) => unknown) | undefined {
  if (type === timestamptz) return parseInstant
  return type === int8 || type === numeric ? asIs : undefined
}
