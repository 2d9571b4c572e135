import { refusal } from '../../api/job-details.ts'
import { guid, list, object, text } from '../../api/json-reader.ts'
import { rawResultsBody, rawResultsReply } from '../../api/results.ts'
import { defineOperation } from '../../context.ts'
import { RequestError } from '../../errors.ts'
import { latestResult } from '../../store/results.ts'
import { readBody } from '../jobs/request-body.ts'
import { exemptedOf } from './exempted.ts'
import { rawResults } from './raw-results.ts'

const readWanted = object<{
  readonly assetID: string
  readonly standardID: string
  readonly jobRunID: string
  readonly standardVersion: string
  readonly checkIDList: readonly string[]
}>({ assetID: guid, standardID: guid, jobRunID: guid, standardVersion: text, checkIDList: list(guid) })

/** Get Raw Results: what one asset came to against one standard, check by check. */
export const getRawResults = defineOperation({
  method: 'POST',
  path: '/ccs/api/v1/results',
  summary: 'The raw results of an asset and a standard',
  access: { tasks: ['View evaluation results'] },
  body: rawResultsBody,
  replies: { 200: rawResultsReply, 400: refusal, 403: refusal, 404: refusal },
  async handler(context, { body }) {
    const {
      assetID: assetId,
      standardID: standardId,
      jobRunID,
      standardVersion,
      checkIDList,
    } = readBody(body, readWanted).sent ?? {}
    if (assetId === undefined || standardId === undefined) {
      const missing = Object.entries({ AssetID: assetId, StandardID: standardId }).filter(([, id]) => id === undefined)
      throw new RequestError('invalid-request', {
        message: 'Invalid input data. AssetID and StandardID are mandatory.',
        details: missing.map(([Member]) => ({ Member, Value: null, Allowed: 'a GUID: it is mandatory' })),
      })
    }
    const result = await latestResult(context.database.kysely, assetId, standardId, {
      ...(jobRunID === undefined ? {} : { runId: jobRunID }),
      ...(standardVersion === undefined || standardVersion === '' ? {} : { version: standardVersion }),
    })
    if (result === undefined) {
      throw new RequestError('not-found', {
        message: `No evaluation result of the asset '${assetId}' against the standard '${standardId}' was found.`,
      })
    }
    const checkIds = checkIDList === undefined || checkIDList.length === 0 ? undefined : new Set(checkIDList)
    const exempted = await exemptedOf(context.database, result)
    return { status: 200, body: { RawEvaluationResult: rawResults(result, exempted, checkIds) } }
  },
})
