import { refusal } from '../../api/job-details.ts'
import { guid, list, newNotes, parseJson } from '../../api/json-reader.ts'
import { reaches } from '../../auth/caller.ts'
import { defineOperation } from '../../context.ts'
import { RequestError } from '../../errors.ts'
import { deleteAssets, findAssets, lockAssets } from '../../store/assets.ts'
import { recordAudit } from '../../store/audit.ts'

const mostAtOnce = 10_000

/** Delete Asset: all that are named, or none. What was found on them stays until its retention ends. */
export const deleteAssetsOperation = defineOperation({
  method: 'DELETE',
  path: '/ccs/api/v1/assets',
  summary: 'Delete assets',
  access: { tasks: ['View assets', 'Manage assets and asset groups'], anyBelow: 'Asset System' },
  replies: { 204: null, 400: refusal, 403: refusal, 404: refusal },
  async handler(context, { body, caller }) {
    const ids = readIds(body)
    await context.database.kysely.transaction().execute(async (tx) => {
      await lockAssets(tx, ids)
      const found = new Map((await findAssets(tx, ids)).map((asset) => [asset.id, asset]))
      const unknown = ids.find((id) => {
        const asset = found.get(id)
        // One that the caller may not see is as good as none.
        return asset === undefined || !reaches(caller, asset.path)
      })
      if (unknown !== undefined) {
        throw new RequestError('not-found', { message: `Asset for specified AssetID '${unknown}' not found.` })
      }
      await deleteAssets(tx, ids)
      await recordAudit(tx, {
        actor: caller.name,
        action: 'asset.delete',
        target: ids.length === 1 ? (ids[0] ?? '') : `${ids.length} assets`,
        outcome: 'done',
        detail: { assets: ids.slice(0, 1000).map((id) => ({ Id: id, DisplayName: found.get(id)?.displayName })) },
      })
    })
    return { status: 204 }
  },
})

/** Clients send a comma after the last element, as the documentation prints it. */
function readIds(body: Uint8Array): string[] {
  const text = new TextDecoder().decode(body).replace(/,\s*\]\s*$/, ']')
  const parsed = parseJson(new TextEncoder().encode(text))
  const notes = newNotes()
  const ids = 'value' in parsed ? list(guid)(parsed.value, '', notes) : undefined
  if (ids === undefined || ids.length === 0 || ids.length > mostAtOnce || notes.problems.length > 0) {
    throw new RequestError('invalid-request', {
      details: [{ Member: 'body', Allowed: `a list of 1 to ${mostAtOnce} GUIDs of assets` }],
    })
  }
  return [...new Set(ids)]
}
