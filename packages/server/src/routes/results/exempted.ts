import { readGroupExpression } from '../../api/asset-expression.ts'
import type { Database } from '../../db/database.ts'
import { exempt } from '../../store/exemptions.ts'
import type { WaiverByRule } from '../../store/exemptions.ts'
import { isLatest } from '../../store/results.ts'
import type { StoredResult } from '../../store/results.ts'
import { waiversOfAsset } from '../../store/waivers.ts'

/**
 * What is exempted of a result: of the latest one of its asset and standard, by the waivers in force now, so that a
 * decision is seen at once; of an older one, what was exempted when it was made.
 */
export async function exemptedOf({ kysely: db }: Database, result: StoredResult): Promise<WaiverByRule> {
  if (!(await isLatest(db, result))) return result.waived
  const { assetId, standardId, outcomes, detail } = result
  const waivers = await waiversOfAsset(db, assetId, [standardId], readGroupExpression)
  const ruleIds = detail.rules.map(({ id }) => id)
  return exempt(ruleIds, outcomes, waivers.get(standardId) ?? new Map<string, string>())
}
