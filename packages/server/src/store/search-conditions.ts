import { sql, type RawBuilder } from 'kysely'

/** A comparison as the API's search expressions have it. */
export interface Comparison {
  readonly operator: '!=' | '<' | '<=' | '=' | '>' | '>=' | 'Contains' | 'EndsWith' | 'StartsWith'
  readonly value: string
}

/** Columns by the names of attributes in lower case, as conditions have them. */
export const byLowerCase = <Column>(columns: Readonly<Record<string, Column>>): ReadonlyMap<string, Column> =>
  new Map(Object.entries(columns).map(([name, column]) => [name.toLowerCase(), column]))

const numeral = /^-?\d{1,30}(\.\d{1,30})?$/

/**
 * Compares text without regard to case; `*` in a value stands for any text. Before or behind a number are numbers; before or
 * behind anything else, such as an instant, is what sorts so as text.
 */
export function compareText(column: RawBuilder<unknown>, { operator, value }: Comparison): RawBuilder<boolean> {
  switch (operator) {
    case '=':
      return like(column, pattern(value))
    case '!=':
      return sql<boolean>`not ${like(column, pattern(value))}`
    case 'Contains':
      return like(column, `%${pattern(value)}%`)
    case 'StartsWith':
      return like(column, `${pattern(value)}%`)
    case 'EndsWith':
      return like(column, `%${pattern(value)}`)
    case '<':
    case '<=':
    case '>':
    case '>=':
      if (numeral.test(value)) {
        return sql<boolean>`case when ${column} ~ ${numeral.source}
          then (${column})::numeric ${sql.raw(operator)} ${value}::numeric else false end`
      }
      return sql<boolean>`lower(${column}) ${sql.raw(operator)} lower(${value})`
  }
}

/** The database makes both of them lower case: JavaScript has other letters for some, such as the İ of İstanbul. */
const like = (column: RawBuilder<unknown>, text: string): RawBuilder<boolean> =>
  sql<boolean>`lower(${column}) like lower(${text})`

/** Escaped for `like`, but for the wildcard. */
const pattern = (value: string): string => value.replace(/[\\%_]/g, '\\$&').replaceAll('*', '%')

/** Whether a folder (path_key) is one of these or below one of them. */
export function isBelow(column: RawBuilder<unknown>, folders: readonly string[]): RawBuilder<boolean> {
  if (folders.length === 0) return sql<boolean>`false`
  const each = folders.map((folder) => {
    const key = folder.toLowerCase()
    return sql<boolean>`(${column} = ${key} or starts_with(${column}, ${`${key}\\`}))`
  })
  return sql<boolean>`(${sql.join(each, sql` or `)})`
}
