import { parseAssetExpression } from '../../api/asset-expression.ts'
import { defineOperation } from '../../context.ts'
import { searchAssets } from '../../store/assets.ts'
import { assetPage, assetPageSchema } from '../assets/search-assets.ts'
import { readExpressionText, readPage } from '../search-parameters.ts'
import { findVisibleGroup } from './get-asset-group.ts'

/** Get All Assets by Asset Group ID: those that are in it now, and on whose folders the caller has a permission. */
export const assetGroupAssets = defineOperation({
  method: 'GET',
  path: '/ccs/api/v1/assetgroup/:id/assets',
  summary: 'Get the assets of an asset group',
  access: { tasks: ['View assets'], anyBelow: 'Asset System' },
  query: { page: { description: 'from 0' }, pagesize: { description: '1 to 1000; 100 without it' } },
  replies: { 200: assetPageSchema },
  async handler(context, { caller, params, query }) {
    const group = await findVisibleGroup(context, caller, params['id'] ?? '')
    const { page, pageSize } = readPage(query)
    const listed = group.expression === null
    const found = await searchAssets(context.database.kysely, {
      conditions: readExpressionText('expression', group.expression ?? 'displayName = *', parseAssetExpression),
      container: 'Asset System',
      subtree: true,
      permitted: caller.folders,
      page,
      pageSize,
      ...(listed ? { memberOf: group.id } : {}),
    })
    return { status: 200, body: assetPage(found, { page, pageSize }) }
  },
})
