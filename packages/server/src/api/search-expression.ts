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
  const alternatives = connectives ? inner.split('|') : [inner]
  return alternatives.map((alternative) => alternative.split(connectives ? /[,&]/ : ',').map(parseCondition))
}

/** Those of a value, as in `Debian GNU/Linux 12 (bookworm)`, are its own: they are there in pairs. */
function withoutParentheses(text: string): string {
  const surplus = text.split('(').length - text.split(')').length
  const opens = text.startsWith('(') && surplus >= 0
  const closes = text.endsWith(')') && (opens ? surplus === 0 : surplus < 0)
  return text.slice(opens ? 1 : 0, closes ? -1 : undefined)
}

/** The expression of an asset group; one that cannot be read finds nothing. */
export function readGroupExpression(text: string): SearchExpression | undefined {
  try {
    return parseSearchExpression(text, true)
  } catch (error) {
    if (error instanceof SearchExpressionError) return undefined
    throw error
  }
}

function parseCondition(text: string): Condition {
  const match = /^\s*([\w.-]+?)\s*(?:(!=|>=|<=|=|>|<)|\s([A-Za-z]+)(?=\s|$))\s*(.*?)\s*$/s.exec(text)
  const [, attribute = '', sign, word, value = ''] = match ?? []
  const operator = searchOperators.find((one) => one === (sign ?? word))
  if (match === null || operator === undefined) {
    throw new SearchExpressionError(
      `"${text.trim()}" is not of the form "attribute operator value"; operators are ${searchOperators.join(', ')}`,
    )
  }
  return { attribute: attribute.toLowerCase(), operator, value }
}
