import { rootFolders } from '../api/tasks.ts'
import { nearNames } from '../api/near-names.ts'
import { parseSearchExpression, SearchExpressionError, type SearchExpression } from '../api/search-expression.ts'
import { RequestError } from '../errors.ts'
import { folderPath } from '../imports/new-asset.ts'

const defaultPageSize = 100
const maxPageSize = 1000

/** What the searches of the asset system take. */
export const searchQuery = {
  Attributes: {
    description: 'search expression; comma or & means and, | means or',
    required: true,
    ampersands: true,
  },
  ContainerPath: { description: 'folder; Asset System without it' },
  SearchSubTree: { description: 'with the folders below; True without it' },
  page: { description: 'from 0' },
  pagesize: { description: `1 to ${maxPageSize}; ${defaultPageSize} without it` },
} as const

/** The mandatory `Attributes`, of which every attribute is one of these, in any casing. */
export function readExpression(
  query: ReadonlyMap<string, string>,
  known: readonly string[],
  connectives = false,
): SearchExpression {
  const expression = readExpressionText('Attributes', readAttributes(query), (text) =>
    parseSearchExpression(text, connectives),
  )
  refuseUnknown('Attributes', expression, known)
  return expression
}

export function readAttributes(query: ReadonlyMap<string, string>): string {
  const text = query.get('attributes')
  if (text === undefined) throw refuse('Attributes', undefined, 'a search expression such as (displayName = *)')
  return text
}

export function readExpressionText<Expression>(
  member: string,
  text: string,
  parse: (text: string) => Expression,
): Expression {
  try {
    return parse(text)
  } catch (error) {
    if (error instanceof SearchExpressionError) throw refuse(member, text, error.message)
    throw error
  }
}

const fewNames = 12

/** An attribute that nothing has would find nothing, and nobody would notice. */
export function refuseUnknown(member: string, expression: SearchExpression, known: readonly string[]): void {
  const names = new Set(known.map((name) => name.toLowerCase()))
  const unknown = expression.flat().find(({ attribute }) => !names.has(attribute))?.attribute
  if (unknown === undefined) return
  const near = nearNames(unknown, known)
  const some = known.slice(0, fewNames)
  const others = `one of ${some.join(', ')}${some.length < known.length ? ' …' : ''}`
  const Allowed = near.length > 0 ? `a known attribute, such as ${near.join(', ')}` : others
  throw new RequestError('invalid-request', {
    message: `There is no attribute "${unknown.slice(0, 200)}" to search by.`,
    details: [{ Member: member, Value: unknown, Allowed }],
  })
}

/** A folder of the asset system, written as Create Asset has it; all of it when none is named. */
export function readContainer(query: ReadonlyMap<string, string>): string {
  const path = query.get('containerpath')?.trim() ?? ''
  return path === '' ? rootFolders[0] : folderPath(path)
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
