import { refusal } from '../../api/job-details.ts'
import { isGuid } from '../../api/json-reader.ts'
import { runReply } from '../../api/results.ts'
import { defineOperation } from '../../context.ts'
import { RequestError } from '../../errors.ts'
import { summariseStandards } from '../../store/run-summary.ts'
import { countRunAssets, findRun, runAssets, runMessages, sumTraffic } from '../../store/runs.ts'
import { refuseValues } from '../jobs/request-body.ts'
import { runPage } from './run-page.ts'

const defaultLimit = 100
const maxLimit = 1000

/** A run with its progress: how many assets are in which state, and a page of the assets. */
export const getRun = defineOperation({
  method: 'GET',
  path: '/api/v1/runs/:id',
  summary: 'A job run and its progress per asset',
  access: { tasks: ['View all jobs', 'View assets'], folders: ['Asset System', 'Standards'] },
  query: {
    after: { description: 'assets after this asset id: nextAfter of the page before' },
    limit: { description: `assets a page; default ${defaultLimit}, at most ${maxLimit}` },
  },
  replies: { 200: runReply, 400: refusal, 403: refusal, 404: refusal },
  // Mail has this address as a link.
  page: ({ config }, { id = '' }) => runPage(id, config.publicUrl),
  async handler(context, { params, query }) {
    const db = context.database.kysely
    const id = (params['id'] ?? '').toLowerCase()
    const after = query.get('after')?.toLowerCase()
    if (after !== undefined && !isGuid(after)) {
      throw refuseValues([{ member: 'after', value: after, allowed: 'the id of an asset' }])
    }
    const limit = readLimit(query.get('limit'))
    const run = isGuid(id) ? await findRun(db, id) : undefined
    if (run === undefined) throw new RequestError('not-found', { message: `Job run '${id}' not found.` })
    const assets = await runAssets(db, id, { limit, ...(after === undefined ? {} : { afterAssetId: after }) })
    const messages = await runMessages(db, [id])
    return {
      status: 200,
      body: {
        ...run,
        counts: await countRunAssets(db, id),
        standards: await summariseStandards(db, id),
        traffic: await sumTraffic(db, id),
        assets,
        nextAfter: assets.length === limit ? (assets.at(-1)?.assetId ?? null) : null,
        messages: messages.map(({ at, assetId, phase, text }) => ({ at, assetId, phase, text })),
      },
    }
  },
})

function readLimit(given: string | undefined): number {
  if (given === undefined) return defaultLimit
  const limit = Number(given)
  if (/^\d{1,4}$/.test(given) && limit >= 1 && limit <= maxLimit) return limit
  throw refuseValues([{ member: 'limit', value: given, allowed: `a whole number from 1 to ${maxLimit}` }])
}
