import { Type } from 'typebox'
import { reaches } from '../../auth/caller.ts'
import { assetTypeOf } from '../../api/asset-types.ts'
import { isGuid } from '../../api/json-reader.ts'
import { defineOperation } from '../../context.ts'
import { RequestError } from '../../errors.ts'
import { findAsset, findAssetScores } from '../../store/assets.ts'

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
    const scores = await findAssetScores(db, id)
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
        'symc-csm-AssetSystem-Asset-AssetBase-EvaluatedComplianceScores': scores.compliance ?? '',
        'symc-csm-AssetSystem-Asset-AssetBase-EvaluatedRiskScores': scores.risk ?? '',
        'symc-csm-AssetSystem-Asset-AssetBase-MaxRiskScores': scores.maxRisk ?? '',
      },
    }
  },
})
