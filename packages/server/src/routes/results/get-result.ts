import { refusal } from '../../api/job-details.ts'
import { reaches } from '../../auth/caller.ts'
import { isGuid } from '../../api/json-reader.ts'
import { resultReply } from '../../api/results.ts'
import { defineOperation } from '../../context.ts'
import { RequestError } from '../../errors.ts'
import { findFolderOfAsset } from '../../store/assets.ts'
import { latestResult } from '../../store/results.ts'
import { scoreWith } from '../../store/exemptions.ts'
import { findWaivers } from '../../store/waivers.ts'
import type { Waiver } from '../../store/waivers.ts'
import { findSince } from '../../store/verdicts-since.ts'
import { exemptedOf } from './exempted.ts'

/** One result with the explanation of every rule. `latest` in place of the run is the latest. */
export const getResult = defineOperation({
  method: 'GET',
  path: '/api/v1/results/:run/:asset/:standard',
  summary: 'A result with the explanation of every rule',
  access: { tasks: ['View evaluation results'] },
  replies: { 200: resultReply, 403: refusal, 404: refusal },
  async handler(context, { caller, params }) {
    const { run = '', asset = '', standard = '' } = params
    const runId = run.toLowerCase() === 'latest' ? undefined : run.toLowerCase()
    const known = [asset, standard, ...(runId === undefined ? [] : [runId])].every(isGuid)
    const result = known
      ? await latestResult(
          context.database.kysely,
          asset.toLowerCase(),
          standard.toLowerCase(),
          runId === undefined ? {} : { runId },
        )
      : undefined
    const folder = result === undefined ? undefined : await findFolderOfAsset(context.database.kysely, result.assetId)
    // The explanation quotes the asset's files: unlike raw results it asks for a permission on its folder.
    if (result === undefined || folder === undefined || !reaches(caller, folder)) {
      const of = runId === undefined ? 'asset and standard' : 'run, asset and standard'
      throw new RequestError('not-found', { message: `There is no result of this ${of}.` })
    }
    const { detail, outcomes } = result
    const since = await findSince(context.database.kysely, result)
    const exempted = await exemptedOf(context.database, result)
    const found = await findWaivers(context.database.kysely, [...new Set(exempted.values())])
    const waivers = new Map(found.map((waiver) => [waiver.id, asExemption(waiver)]))
    return {
      status: 200,
      body: {
        runId: result.runId,
        assetId: result.assetId,
        standardId: result.standardId,
        standardTitle: detail.standardTitle,
        standardVersion: result.standardVersion,
        evaluatedAt: result.evaluatedAt,
        evidence: {
          id: result.evidenceId,
          collectedFrom: result.collectedFrom,
          collectedTo: result.collectedTo,
        },
        reason: detail.reason ?? null,
        score: result.score,
        adjustedScore: scoreWith(result, exempted),
        scores: detail.scores,
        counts: result.counts,
        rules: detail.rules.map((rule, index) => ({
          ...rule,
          result: outcomes[index],
          since: since?.[index] ?? null,
          waiver: waivers.get(exempted.get(rule.id) ?? '') ?? null,
        })),
      },
    }
  },
})

const asExemption = ({ id, reason, startsAt, endsAt, requestedBy, decidedBy }: Waiver) => ({
  id,
  reason,
  startsAt,
  endsAt,
  requestedBy,
  decidedBy,
})
