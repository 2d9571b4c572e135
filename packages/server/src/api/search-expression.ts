export const searchOperators = ['=', '!=', '>=', '<=', '>', '<', 'Contains', 'StartsWith', 'EndsWith'] as const

export type SearchOperator = (typeof searchOperators)[number]

export interface Condition {
  /** Lower case. */
  readonly attribute: string
  readonly operator: SearchOperator
  /** `*` stands for any text. */
  readonly value: string
}

/** Any of the lists must hold; of a list, every condition. */
export type SearchExpression = readonly (readonly Condition[])[]

/** What is wrong with an expression, for the caller to read. */
export class SearchExpressionError extends Error {
  override readonly name = 'SearchExpressionError'
}

/**
 * Reads `Attrname OP value, Attrname OP value`, in one pair of parentheses, half a pair or none. Blanks round the
 * operator may be left out where it is a sign. A comma means and; where `connectives` is true, `&` does too and `|` means or.
 * Operators are case-sensitive. Throws {@link SearchExpressionError}.
 */
export function parseSearchExpression(text: string, connectives = false): SearchExpression {
  const inner = withoutParentheses(text.trim())
  const alternatives = (connectives ? inner.split('|') : [inner]).map((one) => one.split(connectives ? /[,&]/ : ','))
  if (alternatives.flat().length > mostConditions)
    throw new SearchExpressionError(`an expression has at most ${mostConditions} conditions`)
  return alternatives.map((conditions) => conditions.map(parseCondition))
}

/** Each is looked at for each asset, and those who search do not wait for minutes. */
const mostConditions = 50
const mostWildcards = 50

/** Those of a value, as in `Debian GNU/Linux 12 (bookworm)`, are its own: they are there in pairs. */
function withoutParentheses(text: string): string {
  const surplus = text.split('(').length - text.split(')').length
  const opens = text.startsWith('(') && surplus >= 0
  const closes = text.endsWith(')') && (opens ? surplus === 0 : surplus < 0)
  return text.slice(opens ? 1 : 0, closes ? -1 : undefined)
}

function parseCondition(text: string): Condition {
  const match = /^\s*([\w.-]+?)\s*(?:(!=|>=|<=|=|>|<)|\s([A-Za-z]+)(?=\s|$))(.*)$/s.exec(text)
  const [, attribute = '', sign, word, rest = ''] = match ?? []
  const operator = searchOperators.find((one) => one === (sign ?? word))
  if (match === null || operator === undefined) {
    throw new SearchExpressionError(
      `"${text.trim()}" is not of the form "attribute operator value"; operators are ${searchOperators.join(', ')}`,
    )
  }
  const value = rest.trim().replace(/\*+/g, '*')
  if (value.split('*').length > mostWildcards)
    throw new SearchExpressionError(`a value has fewer than ${mostWildcards} wildcards`)
  return { attribute: attribute.toLowerCase(), operator, value }
}
