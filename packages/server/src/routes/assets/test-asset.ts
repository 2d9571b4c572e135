import { Type } from 'typebox'
import { isGuid } from '../../api/json-reader.ts'
import { reaches } from '../../auth/caller.ts'
import { defineOperation } from '../../context.ts'
import { RequestError } from '../../errors.ts'
import { findAsset } from '../../store/assets.ts'

/** Goes the way to an asset that a collection goes, and says how far it came. */
export const testAsset = defineOperation({
  method: 'POST',
  path: '/api/v1/assets/:id/test',
  summary: 'Test the connection to an asset, step by step',
  access: { tasks: ['View assets', 'Collect data'], anyBelow: 'Asset System' },
  replies: {
    200: Type.Object({
      ok: Type.Boolean(),
      steps: Type.Array(
        Type.Object({ step: Type.String(), ok: Type.Boolean(), text: Type.String(), milliseconds: Type.Number() }),
      ),
    }),
  },
  async handler(context, { caller, params, signal }) {
    const id = (params['id'] ?? '').toLowerCase()
    const asset = isGuid(id) ? await findAsset(context.database.kysely, id) : undefined
    const steps = asset === undefined || !reaches(caller, asset.path) ? undefined : await context.probeAsset(id, signal)
    if (steps === undefined) {
      throw new RequestError('not-found', { message: `Asset for specified AssetID '${id}' not found.` })
    }
    return { status: 200, body: { ok: steps.every(({ ok }) => ok), steps } }
  },
})
