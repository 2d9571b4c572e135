import { Type } from 'typebox'
import { defineOperation } from '../../context.ts'
import { isListColumn, searchStandards, standardColumns } from '../../store/standards.ts'
import { readBoolean, readExpression } from '../search-parameters.ts'

/** Search Standards: all that match, of the folders on which the caller has a permission. */
export const searchStandardsOperation = defineOperation({
  method: 'GET',
  path: '/ccs/api/v1/standards',
  summary: 'Search standards',
  access: { tasks: ['View standards'], anyBelow: 'Standards' },
  query: {
    Attributes: { description: 'search expression; a comma means and', required: true },
    ContainerPath: { description: 'folder; Standards without it' },
    SearchSubTree: { description: 'with the folders below; True without it' },
  },
  replies: {
    200: Type.Object({
      standardDataList: Type.Array(
        Type.Object({
          Id: Type.String(),
          DisplayName: Type.String(),
          Version: Type.String(),
          Author: Type.String(),
          Path: Type.String(),
          TargetTypeIDs: Type.Array(Type.String()),
        }),
      ),
    }),
  },
  async handler(context, { caller, query }) {
    const [conditions = []] = readExpression(query, standardColumns)
    const standards = await searchStandards(context.database.kysely, {
      conditions: conditions.map((one) =>
        isListColumn(one.attribute) && one.operator === '=' ? { ...one, operator: 'Contains' } : one,
      ),
      container: query.get('containerpath') ?? 'Standards',
      subtree: readBoolean(query, 'searchsubtree', true),
      permitted: caller.folders,
    })
    return {
      status: 200,
      body: {
        standardDataList: standards.map((one) => ({
          Id: one.id,
          DisplayName: one.displayName,
          Version: one.version,
          Author: one.author,
          Path: one.path,
          TargetTypeIDs: one.targetTypeIds,
        })),
      },
    }
  },
})
