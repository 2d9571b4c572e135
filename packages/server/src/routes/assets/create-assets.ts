import { randomUUID } from 'node:crypto'
import { Type } from 'typebox'
import { refusal } from '../../api/job-details.ts'
import { parseJson } from '../../api/json-reader.ts'
import { folderPath, readNewAsset } from '../../imports/new-asset.ts'
import type { AssetSent } from '../../imports/new-asset.ts'
import { reaches } from '../../auth/caller.ts'
import type { Caller } from '../../auth/caller.ts'
import { defineOperation } from '../../context.ts'
import type { Transaction } from '../../db/database.ts'
import { RequestError } from '../../errors.ts'
import type { Detail } from '../../errors.ts'
import { insertAssets } from '../../store/asset-imports.ts'
import { recordAudit } from '../../store/audit.ts'
import { findFolder } from '../../store/folders.ts'
import type { Folder } from '../../store/folders.ts'

const mostAtOnce = 10_000
const mostDetails = 50

/** Create Asset: all that are sent, or none. */
export const createAssets = defineOperation({
  method: 'POST',
  path: '/ccs/api/v1/assets',
  summary: 'Create assets',
  access: { tasks: ['View assets', 'Manage assets and asset groups'], anyBelow: 'Asset System' },
  maxBodyBytes: 16 * 1024 * 1024,
  replies: {
    201: Type.Array(Type.Object({ Id: Type.String(), DisplayName: Type.String() })),
    400: refusal,
    403: refusal,
  },
  async handler(context, { body, caller }) {
    const assets = readAssets(body)
    const made = await context.database.kysely.transaction().execute(async (tx) => {
      const placed = await place(tx, assets, caller)
      const rows = placed.map(({ asset, folder }) => ({ ...asset, id: randomUUID(), folderId: folder.id }))
      const added = await insertAssets(tx, rows)
      const ids = rows.map(({ id, displayName }) => ({ Id: id, DisplayName: displayName }))
      refuseIfAny(
        [...ids.entries()]
          .filter(([, { Id }]) => !added.has(Id))
          .map(([index, { DisplayName: Value }]) => {
            return { Member: `[${index}]`, Value, Allowed: 'an asset that does not exist yet' }
          }),
      )
      await recordAudit(tx, {
        actor: caller.name,
        action: 'asset.create',
        target: ids.length === 1 ? (ids[0]?.Id ?? '') : `${ids.length} assets`,
        outcome: 'done',
        detail: { assets: ids.slice(0, 1000) },
      })
      return ids
    })
    return { status: 201, body: made }
  },
})

function readAssets(body: Uint8Array): AssetSent[] {
  const parsed = parseJson(body)
  if ('problem' in parsed) throw new RequestError('invalid-json', { details: [asDetail(parsed.problem.allowed)] })
  const { value } = parsed
  if (!Array.isArray(value) || value.length === 0 || value.length > mostAtOnce) {
    throw new RequestError('invalid-request', { details: [asDetail(`a list of 1 to ${mostAtOnce} assets`)] })
  }
  const assets: AssetSent[] = []
  const problems: Detail[] = []
  for (const [index, one] of value.entries()) {
    const read = readNewAsset(one, `[${index}]`)
    if ('asset' in read) assets.push(read.asset)
    else problems.push(...read.problems)
  }
  refuseIfAny(problems)
  return assets
}

const asDetail = (allowed: string): Detail => ({ Member: 'body', Allowed: allowed })

function refuseIfAny(problems: readonly Detail[]): void {
  if (problems.length > 0) throw new RequestError('invalid-request', { details: problems.slice(0, mostDetails) })
}

/** Each with its folder; one that does not exist, or on which the caller has no permission, refuses them all. */
async function place(
  tx: Transaction,
  assets: readonly AssetSent[],
  caller: Caller,
): Promise<{ readonly asset: AssetSent; readonly folder: Folder }[]> {
  const folders = new Map<string, Folder | undefined>()
  for (const { container } of assets) {
    if (!folders.has(container)) folders.set(container, await findFolder(tx, folderPath(container)))
  }
  const problems: Detail[] = []
  const placed: { asset: AssetSent; folder: Folder }[] = []
  for (const [index, asset] of assets.entries()) {
    const folder = folders.get(asset.container)
    if (folder !== undefined && reaches(caller, folder.path)) placed.push({ asset, folder })
    else {
      const Allowed = 'a folder below Asset System that you may use'
      problems.push({ Member: `[${index}].container`, Value: asset.container.slice(0, 200), Allowed })
    }
  }
  refuseIfAny(problems)
  return placed
}
