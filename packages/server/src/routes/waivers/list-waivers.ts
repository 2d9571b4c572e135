import { Type } from 'typebox'
import { refusal } from '../../api/job-details.ts'
import { isGuid } from '../../api/json-reader.ts'
import { defineOperation } from '../../context.ts'
import { listWaivers, waiverStates } from '../../store/waivers.ts'
import { readNumber, refuse } from '../search-parameters.ts'
import { waiverFor, waiverSchema } from './waiver-rules.ts'

const access = { tasks: ['View evaluation results'], anyBelow: 'Asset System' } as const

export const listWaiversOperation = defineOperation({
  method: 'GET',
  path: '/api/v1/waivers',
  summary: 'Waivers, the newest first: those for all assets, and those on assets and groups that the caller may see',
  access,
  query: {
    state: { description: waiverStates.join(', ') },
    asset: { description: 'on this very asset, by its id' },
    standard: { description: 'of rules of this standard, by its id' },
    after: { description: 'nextAfter of the page before' },
    limit: { description: 'waivers a page; default 100, at most 1000' },
  },
  replies: {
    200: Type.Object({
      waivers: Type.Array(waiverSchema),
      nextAfter: Type.Union([Type.String(), Type.Null()]),
    }),
    400: refusal,
    403: refusal,
  },
  async handler({ database }, { caller, query }) {
    const limit = readNumber(query, 'limit', 100, 1, 1000)
    const [assetId, standardId, after] = [readId(query, 'asset'), readId(query, 'standard'), readId(query, 'after')]
    const wanted = query.get('state')
    const state = waiverStates.find((one) => one.toLowerCase() === wanted?.toLowerCase())
    if (wanted !== undefined && state === undefined) throw refuse('state', wanted, waiverStates.join(', '))
    const waivers = await listWaivers(database.kysely, {
      permitted: caller.folders,
      limit,
      ...(state === undefined ? {} : { state }),
      ...(assetId === undefined ? {} : { assetId }),
      ...(standardId === undefined ? {} : { standardId }),
      ...(after === undefined ? {} : { after }),
    })
    const nextAfter = waivers.length === limit ? (waivers.at(-1)?.id ?? null) : null
    return { status: 200, body: { waivers, nextAfter } }
  },
})

export const getWaiver = defineOperation({
  method: 'GET',
  path: '/api/v1/waivers/:id',
  summary: 'A waiver',
  access,
  replies: { 200: waiverSchema, 403: refusal, 404: refusal },
  handler: async ({ database }, { caller, params }) => ({
    status: 200,
    body: await waiverFor(database.kysely, caller, params['id']),
  }),
})

function readId(query: ReadonlyMap<string, string>, name: string): string | undefined {
  const value = query.get(name)
  if (value === undefined || isGuid(value)) return value?.toLowerCase()
  throw refuse(name, value, 'a GUID')
}
