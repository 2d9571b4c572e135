import { assetAttributes } from './asset-types.ts'
import { parseSearchExpression, SearchExpressionError } from './search-expression.ts'
import type { Condition } from './search-expression.ts'

/** A condition on an asset; `spelling` is how the assets have the attribute, where their types tell: it is found without a search. */
export interface AssetCondition extends Condition {
  readonly spelling?: string
}

export type AssetExpression = readonly (readonly AssetCondition[])[]

const spellings = new Map(assetAttributes.map((name) => [name.toLowerCase(), name]))

/** An expression over attributes of assets, as searches and groups have it. Throws {@link SearchExpressionError}. */
export function parseAssetExpression(text: string): AssetExpression {
  return parseSearchExpression(text, true).map((list) =>
    list.map((condition) => {
      const spelling = spellings.get(condition.attribute)
      return spelling === undefined ? condition : { ...condition, spelling }
    }),
  )
}

/** The expression of an asset group; one that cannot be read finds nothing. */
export function readGroupExpression(text: string): AssetExpression | undefined {
  try {
    return parseAssetExpression(text)
  } catch (error) {
    if (error instanceof SearchExpressionError) return undefined
    throw error
  }
}
