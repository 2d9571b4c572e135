import { Type } from 'typebox'
import type { Static } from 'typebox'
import { defineOperation } from '../../context.ts'
import { searchAssets } from '../../store/assets.ts'
import type { Asset } from '../../store/assets.ts'
import { readAttributes, readBoolean, readContainer, readPage, searchQuery } from '../search-parameters.ts'
import { readAssetExpression } from './asset-expression.ts'

export const assetPageSchema = Type.Object({
  assetDataList: Type.Array(
    Type.Object({ Id: Type.String(), DisplayName: Type.String(), Type: Type.String(), Path: Type.String() }),
  ),
  TotalPages: Type.Integer(),
  TotalRecords: Type.Integer(),
  Page: Type.Integer(),
  PageSize: Type.Integer(),
})

export function assetPage(
  { assets, total }: { readonly assets: readonly Asset[]; readonly total: number },
  { page, pageSize }: { readonly page: number; readonly pageSize: number },
): Static<typeof assetPageSchema> {
  return {
    assetDataList: assets.map(({ id, displayName, type, path }) => ({
      Id: id,
      DisplayName: displayName,
      Type: type,
      Path: path,
    })),
    TotalPages: Math.ceil(total / pageSize),
    TotalRecords: total,
    Page: page,
    PageSize: pageSize,
  }
}

/** Search Assets: one page of the assets on whose folders the caller has a permission. */
export const searchAssetsOperation = defineOperation({
  method: 'GET',
  path: '/ccs/api/v1/assets',
  summary: 'Search assets',
  access: { tasks: ['View assets'], anyBelow: 'Asset System' },
  query: searchQuery,
  replies: { 200: assetPageSchema },
  async handler(context, { caller, query }) {
    const { page, pageSize } = readPage(query)
    const db = context.database.kysely
    const { assets, total } = await searchAssets(db, {
      conditions: await readAssetExpression(db, caller, { member: 'Attributes', text: readAttributes(query) }),
      container: readContainer(query),
      subtree: readBoolean(query, 'searchsubtree', true),
      permitted: caller.folders,
      page,
      pageSize,
    })
    return { status: 200, body: assetPage({ assets, total }, { page, pageSize }) }
  },
})
