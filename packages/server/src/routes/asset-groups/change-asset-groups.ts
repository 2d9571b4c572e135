import { Type } from 'typebox'
import { reaches } from '../../auth/caller.ts'
import type { Caller } from '../../auth/caller.ts'
import { defineOperation } from '../../context.ts'
import type { Transaction } from '../../db/database.ts'
import { RequestError } from '../../errors.ts'
import { addAssetGroup, deleteAssetGroup, listMembers, lockAssetGroup, setMembers } from '../../store/asset-groups.ts'
import { findAssets } from '../../store/assets.ts'
import { recordAudit } from '../../store/audit.ts'
import { findFolder } from '../../store/folders.ts'
import { readAssetExpression } from '../assets/asset-expression.ts'
import { ownBody } from '../own-body.ts'
import { refuse } from '../search-parameters.ts'
import { findVisibleGroup, groupNotFound } from './get-asset-group.ts'

const access = { tasks: ['View assets', 'Manage assets and asset groups'], anyBelow: 'Asset System' } as const
const line = (maxLength: number) => Type.String({ maxLength, pattern: String.raw`^[^\u0000-\u001f]*$` })
const idsSchema = Type.Array(Type.String({ format: 'uuid' }), { maxItems: 100_000 })

const body = Type.Object({
  name: Type.String({ minLength: 1, maxLength: 200, pattern: String.raw`^(?!\s)[^\u0000-\u001f]+(?<!\s)$` }),
  description: Type.Optional(line(2000)),
  folder: Type.Optional(line(400)),
  /** A search expression over attributes of assets, resolved whenever the group is used; else `assets` are its members. */
  expression: Type.Optional(line(4000)),
  assets: Type.Optional(idsSchema),
})

export const addAssetGroupOperation = defineOperation({
  method: 'POST',
  path: '/api/v1/asset-groups',
  summary: 'Add an asset group, of listed assets or by an expression',
  access,
  body,
  replies: { 201: Type.Object({ id: Type.String() }) },
  async handler(context, { caller, body: sent }) {
    const group = ownBody(body, sent)
    const expression = group.expression ?? null
    if ((expression === null) === (group.assets === undefined)) {
      throw refuse('expression', group.expression, 'a search expression, or else assets: one of the two')
    }
    const db = context.database.kysely
    if (expression !== null) await readAssetExpression(db, caller, { member: 'expression', text: expression })
    const id = await db.transaction().execute(async (tx) => {
      const folder = await findFolder(tx, group.folder ?? 'Asset System')
      if (folder === undefined || !reaches(caller, folder.path)) {
        throw refuse('folder', group.folder, 'the path of a folder that you may use')
      }
      const made = await addAssetGroup(tx, {
        displayName: group.name,
        description: group.description ?? '',
        folderId: folder.id,
        expression,
        predefined: false,
      })
      if (made === undefined) throw refuse('name', group.name, 'a name that no group of the folder has')
      if (group.assets !== undefined) await replaceMembers(tx, caller, made, group.assets)
      const detail = { name: group.name, expression, assets: group.assets?.length ?? 0 }
      await recordAudit(tx, { actor: caller.name, action: 'asset-group.add', target: made, outcome: 'done', detail })
      return made
    })
    return { status: 201, body: { id } }
  },
})

const membersBody = Type.Object({ assets: idsSchema })

export const setAssetGroupMembers = defineOperation({
  method: 'PUT',
  path: '/api/v1/asset-groups/:id/members',
  summary: 'Replace the members of an asset group that lists them',
  access,
  body: membersBody,
  replies: { 204: null },
  async handler(context, { caller, params, body: sent }) {
    const { assets } = ownBody(membersBody, sent)
    const group = await findVisibleGroup(context, caller, params['id'] ?? '')
    if (group.expression !== null)
      throw refuse('assets', undefined, 'nothing: an expression tells who is in this group')
    await context.database.kysely.transaction().execute(async (tx) => {
      if (!(await lockAssetGroup(tx, group.id))) throw groupNotFound(group.id)
      await replaceMembers(tx, caller, group.id, assets)
      const detail = { assets: assets.length }
      const entry = { actor: caller.name, action: 'asset-group.members', target: group.id, outcome: 'done', detail }
      await recordAudit(tx, entry)
    })
    return { status: 204 }
  },
})

export const deleteAssetGroupOperation = defineOperation({
  method: 'DELETE',
  path: '/api/v1/asset-groups/:id',
  summary: 'Delete an asset group; its assets stay',
  access,
  replies: { 204: null },
  async handler(context, { caller, params }) {
    const group = await findVisibleGroup(context, caller, params['id'] ?? '')
    if (group.predefined) {
      throw new RequestError('invalid-request', { message: `The asset group ${group.displayName} is predefined.` })
    }
    await context.database.kysely.transaction().execute(async (tx) => {
      await deleteAssetGroup(tx, group.id)
      const detail = { name: group.displayName }
      const entry = { actor: caller.name, action: 'asset-group.delete', target: group.id, outcome: 'done', detail }
      await recordAudit(tx, entry)
    })
    return { status: 204 }
  },
})

/** Those that the caller may not see stay. */
async function replaceMembers(
  tx: Transaction,
  caller: Caller,
  groupId: string,
  assetIds: readonly string[],
): Promise<void> {
  const visible = (await findAssets(tx, assetIds)).filter(({ path }) => reaches(caller, path))
  const known = new Set(visible.map(({ id }) => id))
  const unknown = assetIds.find((id) => !known.has(id.toLowerCase()))
  if (unknown !== undefined) throw refuse('assets', unknown, 'the id of an asset that you may use')
  const unseen = (await listMembers(tx, groupId)).filter(({ path }) => !reaches(caller, path)).map(({ id }) => id)
  await setMembers(tx, groupId, [...known, ...unseen])
}
