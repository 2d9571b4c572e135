import { Type } from 'typebox'
import { refusal } from '../../api/job-details.ts'
import { isGuid } from '../../api/json-reader.ts'
import { defineOperation } from '../../context.ts'
import { RequestError } from '../../errors.ts'
import { findDrift } from '../../store/drift.ts'
import { findRun } from '../../store/runs.ts'

const pageSize = 200

const outcome = Type.Union([Type.String(), Type.Null()])
const waiver = Type.Union([Type.String(), Type.Null()], { description: 'the waiver that exempted the rule' })

/** What changed from one run to another, rule by rule, with the cause. */
export const getDrift = defineOperation({
  method: 'GET',
  path: '/api/v1/runs/:from/drift/:to',
  summary: 'What changed from one run to another, and why',
  access: { tasks: ['View all jobs', 'View evaluation results'], anyBelow: 'Asset System' },
  query: { after: { description: 'nextAfter of the page before' } },
  replies: {
    200: Type.Object({
      drift: Type.Array(
        Type.Object({
          assetId: Type.String(),
          assetName: Type.String(),
          folder: Type.String(),
          standardId: Type.String(),
          standardTitle: Type.String(),
          cause: Type.String(),
          rules: Type.Array(
            Type.Object({
              ruleId: Type.String(),
              title: Type.String(),
              severity: Type.String(),
              from: outcome,
              to: outcome,
              waivedFrom: waiver,
              waivedTo: waiver,
            }),
          ),
        }),
      ),
      nextAfter: Type.Union([Type.String(), Type.Null()]),
    }),
    403: refusal,
    404: refusal,
  },
  async handler(context, { caller, params, query }) {
    const db = context.database.kysely
    const runs = { from: (params['from'] ?? '').toLowerCase(), to: (params['to'] ?? '').toLowerCase() }
    for (const id of [runs.from, runs.to]) {
      const run = isGuid(id) ? await findRun(db, id) : undefined
      if (run === undefined) throw new RequestError('not-found', { message: `Job run '${id}' not found.` })
    }
    const page = { permitted: caller.folders, after: query.get('after'), limit: pageSize }
    return { status: 200, body: await findDrift(db, runs, page) }
  },
})
