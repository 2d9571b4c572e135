import { Type } from 'typebox'
import { reaches } from '../../auth/caller.ts'
import { assetTypeOf } from '../../api/asset-types.ts'
import { isGuid } from '../../api/json-reader.ts'
import { defineOperation } from '../../context.ts'
import type { Context } from '../../context.ts'
import { RequestError } from '../../errors.ts'
import { findAsset, findAssetScore } from '../../store/assets.ts'
import { latestResult, listEvaluatedStandards } from '../../store/results.ts'
import { exemptedOf } from '../results/exempted.ts'
import { failedRisks, meanRisk } from '../results/raw-results.ts'

const score = Type.Union([Type.Number(), Type.String()])

/** Get Asset Details by ID. The id is `ID` here and `Id` in the search, as clients expect. */
export const getAsset = defineOperation({
  method: 'GET',
  path: '/ccs/api/v1/assets/:id',
  summary: 'Get asset details by ID',
  access: { tasks: ['View assets'], anyBelow: 'Asset System' },
  replies: {
    200: Type.Object({
      DisplayName: Type.String(),
      ID: Type.String(),
      Type: Type.Object({ DisplayName: Type.String(), Name: Type.String() }),
      Path: Type.String(),
      Attributes: Type.Array(
        Type.Object({
          Name: Type.String(),
          Value: Type.Union([Type.String(), Type.Null()]),
          Values: Type.Union([Type.Array(Type.String()), Type.Null()]),
          IsMultiValued: Type.Boolean(),
        }),
      ),
      'symc-csm-AssetSystem-Asset-AssetBase-EvaluatedComplianceScores': score,
      'symc-csm-AssetSystem-Asset-AssetBase-EvaluatedRiskScores': score,
      'symc-csm-AssetSystem-Asset-AssetBase-MaxRiskScores': score,
    }),
  },
  async handler(context, { caller, params }) {
    const id = (params['id'] ?? '').toLowerCase()
    const db = context.database.kysely
    const asset = isGuid(id) ? await findAsset(db, id) : undefined
    // One that the caller may not see is as good as none.
    if (asset === undefined || !reaches(caller, asset.path)) {
      throw new RequestError('not-found', { message: `Asset for specified AssetID '${id}' not found.` })
    }
    const attributes = {
      displayName: asset.displayName,
      whenCreated: asset.createdAt,
      whenChanged: asset.changedAt,
      ...asset.attributes,
    }
    const risks = await risksOf(context, id)
    return {
      status: 200,
      body: {
        DisplayName: asset.displayName,
        ID: asset.id,
        Type: { DisplayName: assetTypeOf(asset.type)?.displayName ?? asset.type, Name: asset.type },
        Path: asset.path,
        Attributes: Object.entries(attributes).map(([name, value]) => ({
          Name: name,
          Value: typeof value === 'string' ? value : null,
          Values: typeof value === 'string' ? null : value,
          IsMultiValued: typeof value !== 'string',
        })),
        // Empty text where nothing was evaluated: a number would be a score.
        'symc-csm-AssetSystem-Asset-AssetBase-EvaluatedComplianceScores': (await findAssetScore(db, id)) ?? '',
        'symc-csm-AssetSystem-Asset-AssetBase-EvaluatedRiskScores': risks === undefined ? '' : meanRisk(risks),
        'symc-csm-AssetSystem-Asset-AssetBase-MaxRiskScores':
          risks === undefined ? '' : risks.reduce((most, risk) => Math.max(most, risk), 0),
      },
    }
  },
})

/** Of the checks that failed in its latest results, one a standard; undefined when nothing was evaluated. */
async function risksOf({ database }: Context, assetId: string): Promise<number[] | undefined> {
  const standardIds = await listEvaluatedStandards(database.kysely, assetId)
  if (standardIds.length === 0) return undefined
  const risks: number[] = []
  for (const standardId of standardIds) {
    const result = await latestResult(database.kysely, assetId, standardId, {})
    if (result !== undefined) risks.push(...failedRisks(result, await exemptedOf(database, result)))
  }
  return risks
}
