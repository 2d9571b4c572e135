import { jobRuns, refusal } from '../../api/job-details.ts'
import { isGuid } from '../../api/json-reader.ts'
import { defineOperation } from '../../context.ts'
import { RequestError } from '../../errors.ts'
import { findJob } from '../../store/jobs.ts'
import { latestRuns, runMessages } from '../../store/runs.ts'
import type { RunMessageRow } from '../../store/runs.ts'
import { toSeeJobs } from './job-access.ts'
import { refuseValues } from './request-body.ts'

/** Get Latest Job Runs, newest first. */
export const latestJobRuns = defineOperation({
  method: 'GET',
  path: '/ccs/api/v1/jobs/:id/jobruns',
  summary: 'The latest runs of a job',
  access: toSeeJobs,
  query: {
    count: { description: 'how many; default 1, 0 for all' },
    showmessages: { description: 'true: with the messages of each run' },
  },
  replies: { 200: jobRuns, 400: refusal, 403: refusal, 404: refusal },
  async handler(context, { params, query }) {
    const db = context.database.kysely
    const id = params['id'] ?? ''
    const count = readCount(query.get('count'))
    const withMessages = readFlag(query.get('showmessages'))
    const job = isGuid(id) ? await findJob(db, id) : undefined
    if (job === undefined) throw new RequestError('job-not-found', { values: { JobID: id } })
    const runs = await latestRuns(db, job.id, count)
    const messages = withMessages
      ? Map.groupBy(
          await runMessages(
            db,
            runs.map((run) => run.id),
          ),
          ({ runId }) => runId,
        )
      : undefined
    return {
      status: 200,
      body: runs.map((run) => ({
        JobRunID: run.id,
        JobID: run.jobId,
        JobName: run.jobName,
        Status: run.status,
        StartTime: run.startedAt,
        EndTime: run.endedAt,
        ...(messages === undefined ? {} : describeMessages(messages.get(run.id) ?? [])),
      })),
    }
  },
})

function describeMessages(messages: readonly RunMessageRow[]): object {
  return {
    MessageCount: messages.length,
    Messages: messages.map(({ at, assetName, text }) => ({
      DateTime: at,
      Message: assetName === null ? text : `${assetName}: ${text}`,
    })),
  }
}

function readCount(given: string | undefined): number {
  if (given === undefined) return 1
  const count = Number(given)
  if (/^\s*\d{1,9}\s*$/.test(given)) return count
  throw refuseValues([{ member: 'count', value: given, allowed: 'a whole number; 0 for all' }])
}

function readFlag(given: string | undefined): boolean {
  const word = given?.trim().toLowerCase() ?? 'false'
  if (word === 'true' || word === 'false') return word === 'true'
  throw refuseValues([{ member: 'showmessages', value: given, allowed: 'true or false' }])
}
