import { parseSearchExpression, SearchExpressionError, type SearchExpression } from '../api/search-expression.ts'
import { RequestError } from '../errors.ts'

const defaultPageSize = 100
const maxPageSize = 1000

/** The mandatory `Attributes`, with attributes that the search knows. */
export function readExpression(
  query: ReadonlyMap<string, string>,
  isKnown: (attribute: string) => boolean,
  connectives = false,
): SearchExpression {
  const text = query.get('attributes')
  if (text === undefined) throw refuse('Attributes', undefined, 'a search expression such as (displayName = *)')
  let expression
  try {
    expression = parseSearchExpression(text, connectives)
  } catch (error) {
    if (error instanceof SearchExpressionError) throw refuse('Attributes', text, error.message)
    throw error
  }
  const unknown = expression.flat().find(({ attribute }) => !isKnown(attribute))
  if (unknown !== undefined) throw refuse('Attributes', unknown.attribute, 'an attribute that this search knows')
  return expression
}

/** `page` counts from 0. */
export function readPage(query: ReadonlyMap<string, string>): { readonly page: number; readonly pageSize: number } {
  return {
    page: readNumber(query, 'page', 0, 0, 1_000_000),
    pageSize: readNumber(query, 'pagesize', defaultPageSize, 1, maxPageSize),
  }
}

export function readNumber(
  query: ReadonlyMap<string, string>,
  name: string,
  otherwise: number,
  least: number,
  most: number,
): number {
  const text = query.get(name)
  if (text === undefined || text === '') return otherwise
  const value = Number(text)
  if (/^\d+$/.test(text) && value >= least && value <= most) return value
  throw refuse(name, text, `a whole number from ${least} to ${most}`)
}

/** `True`, `true`, `False`, `false`; the documentation prints the choice itself as `True\False`. */
export function readBoolean(query: ReadonlyMap<string, string>, name: string, otherwise: boolean): boolean {
  const text = query.get(name)?.toLowerCase()
  if (text === undefined || text === '') return otherwise
  if (text === 'true' || text === 'false') return text === 'true'
  throw refuse(name, text, 'True or False')
}

export function refuse(member: string, value: unknown, allowed: string): RequestError {
  return new RequestError('invalid-request', {
    details: [{ Member: member, ...(value === undefined ? {} : { Value: value }), Allowed: allowed }],
  })
}
