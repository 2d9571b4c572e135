import { Type } from 'typebox'
import { isGuid } from '../../api/json-reader.ts'
import { reaches } from '../../auth/caller.ts'
import type { Caller } from '../../auth/caller.ts'
import { defineOperation } from '../../context.ts'
import type { Context } from '../../context.ts'
import { RequestError } from '../../errors.ts'
import { findAssetGroup } from '../../store/asset-groups.ts'
import type { AssetGroup } from '../../store/asset-groups.ts'

/** Get Asset Group Details by Asset Group ID. */
export const getAssetGroup = defineOperation({
  method: 'GET',
  path: '/ccs/api/v1/assetgroup/:id',
  summary: 'Get asset group details by ID',
  access: { tasks: ['View assets'], anyBelow: 'Asset System' },
  replies: {
    200: Type.Object({
      ID: Type.String(),
      DisplayName: Type.String(),
      Path: Type.String(),
      Description: Type.String(),
      Attributes: Type.Array(
        Type.Object({
          Name: Type.String(),
          Value: Type.Union([Type.String(), Type.Null()]),
          Values: Type.Null(),
          IsMultiValued: Type.Boolean(),
        }),
      ),
    }),
  },
  async handler(context, { caller, params }) {
    const group = await findVisibleGroup(context, caller, params['id'] ?? '')
    const attributes = {
      displayName: group.displayName,
      whenCreated: group.createdAt,
      expression: group.expression,
      predefined: String(group.predefined),
    }
    return {
      status: 200,
      body: {
        ID: group.id,
        DisplayName: group.displayName,
        Path: group.path,
        Description: group.description,
        Attributes: Object.entries(attributes).map(([Name, Value]) => ({
          Name,
          Value,
          Values: null,
          IsMultiValued: false,
        })),
      },
    }
  },
})

/** One that the caller may not see is as good as none. */
export async function findVisibleGroup({ database }: Context, caller: Caller, id: string): Promise<AssetGroup> {
  const group = isGuid(id) ? await findAssetGroup(database.kysely, id.toLowerCase()) : undefined
  if (group !== undefined && reaches(caller, group.path)) return group
  throw groupNotFound(id)
}

export function groupNotFound(id: string): RequestError {
  return new RequestError('not-found', { message: `Asset group for specified AssetGroupID '${id}' not found.` })
}
