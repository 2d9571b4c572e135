import { parseAssetExpression } from '../../api/asset-expression.ts'
import type { AssetExpression } from '../../api/asset-expression.ts'
import { assetAttributes } from '../../api/asset-types.ts'
import type { Caller } from '../../auth/caller.ts'
import type { Transaction } from '../../db/database.ts'
import type { Context } from '../../context.ts'
import { assetColumns, listAttributes } from '../../store/assets.ts'
import { readExpressionText, refuseUnknown } from '../search-parameters.ts'

const known: readonly string[] = [...assetColumns, ...assetAttributes]
const knownNames = new Set(known.map((name) => name.toLowerCase()))

/** A search for assets, by attributes that their types are known to have or that an asset which the caller sees has. */
export async function readAssetExpression(
  db: Context['database']['kysely'] | Transaction,
  caller: Caller,
  { member, text }: { readonly member: string; readonly text: string },
): Promise<AssetExpression> {
  const expression = readExpressionText(member, text, parseAssetExpression)
  if (expression.flat().every(({ attribute }) => knownNames.has(attribute))) return expression
  refuseUnknown(member, expression, [...known, ...(await listAttributes(db, caller.folders))])
  return expression
}
