import { Type } from 'typebox'
import { defineOperation } from '../../context.ts'
import { assetGroupColumns, searchAssetGroups } from '../../store/asset-groups.ts'
import { readBoolean, readContainer, readExpression, readPage, searchQuery } from '../search-parameters.ts'

/** Search Asset Group: one page of the groups on whose folders the caller has a permission. */
export const searchAssetGroupsOperation = defineOperation({
  method: 'GET',
  path: '/ccs/api/v1/assetgroup',
  summary: 'Search asset groups',
  access: { tasks: ['View assets'], anyBelow: 'Asset System' },
  query: searchQuery,
  replies: {
    200: Type.Object({
      assetGroupDataList: Type.Array(
        Type.Object({ Id: Type.String(), DisplayName: Type.String(), Path: Type.String() }),
      ),
      TotalPages: Type.Integer(),
      TotalRecords: Type.Integer(),
      Page: Type.Integer(),
      PageSize: Type.Integer(),
    }),
  },
  async handler(context, { caller, query }) {
    const { page, pageSize } = readPage(query)
    const { groups, total } = await searchAssetGroups(context.database.kysely, {
      conditions: readExpression(query, assetGroupColumns, true),
      container: readContainer(query),
      subtree: readBoolean(query, 'searchsubtree', true),
      permitted: caller.folders,
      page,
      pageSize,
    })
    return {
      status: 200,
      body: {
        assetGroupDataList: groups.map(({ id, displayName, path }) => ({
          Id: id,
          DisplayName: displayName,
          Path: path,
        })),
        TotalPages: Math.ceil(total / pageSize),
        TotalRecords: total,
        Page: page,
        PageSize: pageSize,
      },
    }
  },
})
