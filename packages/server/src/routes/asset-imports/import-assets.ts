import { Type } from 'typebox'
import { inventoryForms } from '@plumbline/collect'
import { refusal } from '../../api/job-details.ts'
import { reaches } from '../../auth/caller.ts'
import { defineOperation } from '../../context.ts'
import { importAssets } from '../../imports/import-assets.ts'
import { ownBody } from '../own-body.ts'
import { refuse } from '../search-parameters.ts'

export const formSchema = Type.Union(inventoryForms.map((form) => Type.Literal(form)))
export const folderSchema = Type.String({ minLength: 1, maxLength: 400, pattern: String.raw`^[^\u0000-\u001f]+$` })
export const inventorySchema = Type.String({ minLength: 1 })

/** An inventory as JSON: each of its characters may be written as six. */
export const inventoryBodyBytes = 8 * 1024 * 1024

const body = Type.Object({
  inventory: inventorySchema,
  form: Type.Optional(formSchema),
  file: Type.Optional(Type.String({ maxLength: 400 })),
  folder: Type.Optional(folderSchema),
  groups: Type.Optional(Type.Boolean()),
  limit: Type.Optional(Type.Array(Type.String({ minLength: 1, maxLength: 400 }), { maxItems: 100 })),
  dryRun: Type.Optional(Type.Boolean()),
})

const outcome = Type.Object({
  name: Type.String(),
  outcome: Type.String({ description: 'created, updated, unchanged, refused, passed over' }),
  text: Type.Optional(Type.String()),
})

/** Makes assets of an inventory, and answers for each line what became of it. */
export const importAssetsOperation = defineOperation({
  method: 'POST',
  path: '/api/v1/asset-imports',
  summary: 'Import assets from a CSV table, an Ansible inventory or an ssh_config; those that exist are updated',
  access: { tasks: ['View assets', 'Manage assets and asset groups'], anyBelow: 'Asset System' },
  body,
  maxBodyBytes: inventoryBodyBytes,
  replies: {
    200: Type.Object({
      form: formSchema,
      created: Type.Integer(),
      updated: Type.Integer(),
      unchanged: Type.Integer(),
      refused: Type.Integer(),
      passedOver: Type.Integer(),
      lines: Type.Array(
        Type.Intersect([outcome, Type.Object({ line: Type.Integer(), assetId: Type.Optional(Type.String()) })]),
      ),
      groups: Type.Array(Type.Intersect([outcome, Type.Object({ members: Type.Integer() })])),
      ignoredColumns: Type.Array(Type.String()),
    }),
    400: refusal,
    403: refusal,
    413: refusal,
  },
  async handler(context, { body: sent, caller }) {
    const { inventory: text, ...options } = ownBody(body, sent)
    if (options.groups === true && options.limit !== undefined) {
      throw refuse('limit', undefined, 'nothing beside groups: they would lose the members that are left out')
    }
    const importer = { name: caller.name, reaches: (path: string) => reaches(caller, path) }
    return { status: 200, body: await importAssets(context.database.kysely, { ...options, text }, importer) }
  },
})
