import { Type } from 'typebox'
import { jobOperationBody, refusal, startedRun } from '../../api/job-details.ts'
import { isGuid, object, text } from '../../api/json-reader.ts'
import type { Reply } from '../../api/operation.ts'
import type { Caller } from '../../auth/caller.ts'
import { defineOperation } from '../../context.ts'
import type { Context } from '../../context.ts'
import { batched } from '../../db/batched.ts'
import { RequestError } from '../../errors.ts'
import { assetImportJob, isJobType } from '../../jobs/job-definition.ts'
import type { Queue } from '../../jobs/queue.ts'
import type { AbortWish } from '../../jobs/run-requests.ts'
import { recordAudit } from '../../store/audit.ts'
import { findJob } from '../../store/jobs.ts'
import { latestRuns } from '../../store/runs.ts'
import { readBody, refuseInput, refuseValues } from './request-body.ts'

/** The documentation calls the member by another name than the scripts send. */
const readOperation = object<{ operation: string; operationType: string; 'operation Type': string }>({
  operation: text,
  operationType: text,
  'operation Type': text,
})

/** Job Operation: run a job now, or stop a run of it. The id in the address is a job's for one, a run's for the other. */
export const jobOperation = defineOperation({
  method: 'POST',
  path: '/ccs/api/v1/jobs/:id',
  summary: 'Run a job now, or stop a run',
  access: {
    tasks: [
      'Manage jobs',
      'Collect data',
      'View all jobs',
      'View assets',
      'View standards',
      'View evaluation results',
      'Evaluate standards',
    ],
    folders: ['Asset System', 'Standards'],
  },
  body: jobOperationBody,
  replies: { 200: Type.Union([startedRun, Type.Null()]), 400: refusal, 403: refusal, 404: refusal },
  async handler(context, { params, body, caller }) {
    const { sent = {} } = readBody(body, readOperation)
    const operation = sent.operation ?? sent.operationType ?? sent['operation Type']
    const id = params['id'] ?? ''
    switch (operation?.toLowerCase()) {
      case 'execute':
        return execute(context, id, caller)
      case 'abort':
        return abort(context, id, caller)
      case undefined:
        throw refuseInput([{ member: 'Operation', value: null, allowed: 'execute or abort' }])
      default:
        throw refuseValues([{ member: 'Operation', value: operation, allowed: 'execute or abort' }])
    }
  },
})

async function execute(context: Context, id: string, caller: Caller): Promise<Reply> {
  return context.database.kysely.transaction().execute(async (tx) => {
    const job = isGuid(id) ? await findJob(tx, id) : undefined
    if (job === undefined) throw new RequestError('job-not-found', { values: { JobID: id } })
    if (!isJobType(job.type) && job.type !== assetImportJob)
      throw new RequestError('job-type-not-supported', { values: { jobtype: job.type } })
    const outcome = await context.queue.requestRun(tx, job, { trigger: 'request', requestedBy: caller.name })
    if ('refused' in outcome) {
      const [underWay] = await latestRuns(tx, job.id, 1)
      const which = underWay === undefined ? '' : ` (job run ${underWay.id})`
      const message = `A run of job '${job.members.jobName}' is under way${which}. Wait until it has ended, or abort it.`
      throw new RequestError('invalid-request', { message })
    }
    const { runId } = outcome
    const entry = { actor: caller.name, action: 'job.execute', target: job.id, outcome: 'done', detail: { runId } }
    await recordAudit(tx, entry)
    return { status: 200, body: { JobRunID: runId }, runId }
  })
}

async function abort({ database, queue }: Context, id: string, caller: Caller): Promise<Reply> {
  const runId = id.toLowerCase()
  const outcome = isGuid(id) ? await abortRun(database.kysely, { queue, runId, by: caller.name }) : 'not-found'
  if (outcome === 'not-found') {
    const message = `Job run for specified JobRunID '${id}' not found.`
    throw new RequestError('not-found', { message })
  }
  if (outcome === 'already-ended') {
    throw new RequestError('invalid-request', { message: `Job run '${id}' has already ended.` })
  }
  return { status: 200, runId }
}

/** Whoever stops everything asks for many at once: they share a transaction. */
const abortRun = batched((db, wishes: readonly (AbortWish & { readonly queue: Queue })[]) =>
  db.transaction().execute(async (tx) => {
    const [first] = wishes
    const outcomes = (await first?.queue.requestAborts(tx, wishes)) ?? []
    const aborted = wishes.filter((_, at) => outcomes[at] === 'aborting')
    await recordAudit(
      tx,
      ...aborted.map(({ runId, by }) => ({ actor: by, action: 'job-run.abort', target: runId, outcome: 'done' })),
    )
    return outcomes
  }),
)
