import { Type } from 'typebox'
import { isGuid } from '../../api/json-reader.ts'
import { authorise, reaches } from '../../auth/caller.ts'
import { defineOperation } from '../../context.ts'
import { RequestError } from '../../errors.ts'
import { findAsset } from '../../store/assets.ts'
import { findStandardFolder } from '../../store/standards.ts'
import { refuse } from '../search-parameters.ts'

/** Goes the way to an asset that a collection goes, and says how far it came. */
export const testAsset = defineOperation({
  method: 'POST',
  path: '/api/v1/assets/:id/test',
  summary: 'Test the connection to an asset, step by step',
  access: { tasks: ['View assets', 'Collect data'], anyBelow: 'Asset System' },
  query: { standard: { description: 'GUID of a standard: collects for it, and tells how many rules can be decided' } },
  replies: {
    200: Type.Object({
      ok: Type.Boolean(),
      steps: Type.Array(
        Type.Object({ step: Type.String(), ok: Type.Boolean(), text: Type.String(), milliseconds: Type.Number() }),
      ),
      coverage: Type.Optional(
        Type.Object({
          standardId: Type.String(),
          title: Type.String(),
          rules: Type.Integer(),
          decided: Type.Integer(),
          manual: Type.Integer(),
          reasons: Type.Array(Type.Object({ text: Type.String(), rules: Type.Integer() })),
        }),
      ),
    }),
  },
  async handler(context, { caller, params, query, signal }) {
    const id = (params['id'] ?? '').toLowerCase()
    const standardId = query.get('standard')?.toLowerCase()
    if (standardId !== undefined) {
      authorise(caller, { tasks: ['View standards', 'Evaluate standards'] })
      const folder = isGuid(standardId) ? await findStandardFolder(context.database.kysely, standardId) : undefined
      if (folder === undefined || !reaches(caller, folder)) {
        throw refuse('standard', standardId.slice(0, 100), 'the GUID of a standard that you may use')
      }
    }
    const asset = isGuid(id) ? await findAsset(context.database.kysely, id) : undefined
    const probe =
      asset === undefined || !reaches(caller, asset.path)
        ? undefined
        : await context.probeAsset({ assetId: id, standardId }, signal)
    if (probe === undefined) {
      throw new RequestError('not-found', { message: `Asset for specified AssetID '${id}' not found.` })
    }
    return { status: 200, body: { ok: probe.steps.every(({ ok }) => ok), ...probe } }
  },
})
