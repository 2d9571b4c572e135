import { randomUUID } from 'node:crypto'
import { createdJob, createJobBody, refusal } from '../../api/job-details.ts'
import { object, text } from '../../api/json-reader.ts'
import { defineOperation } from '../../context.ts'
import { RequestError } from '../../errors.ts'
import { expectOccurrence } from '../../jobs/dispatch.ts'
import { runOf } from '../../jobs/run-requests.ts'
import { emptyJob, parseJobType } from '../../jobs/job-definition.ts'
import type { JobMembers } from '../../jobs/job-definition.ts'
import { recordAudit } from '../../store/audit.ts'
import { findForNewJob } from '../../store/job-updates.ts'
import { insertJob, isNameTaken } from '../../store/jobs.ts'
import { etagOf } from './entity-tag.ts'
import { toDefineJobs } from './job-access.ts'
import { firstOccurrence, planJob, wantedBy } from './job-plan.ts'
import { readDetails } from './job-wire.ts'
import type { SentDetails } from './job-wire.ts'
import { ignoredHeader, readBody, refuseInput } from './request-body.ts'

const readCreate = object<{ readonly jobDetails: Partial<SentDetails>; readonly jobType: string }>({
  jobDetails: readDetails,
  jobType: text,
})

/** Create Job, and run it at once when its schedule says `RunNow`. */
export const createJob = defineOperation({
  method: 'POST',
  path: '/ccs/api/v1/jobs',
  summary: 'Create a job',
  access: toDefineJobs,
  body: createJobBody,
  maxBodyBytes: 4 * 1024 * 1024,
  replies: { 201: createdJob, 400: refusal, 403: refusal, 413: refusal },
  async handler(context, { body, caller }) {
    const { details, jobType, ignored } = readJob(body)
    const type = parseJobType(jobType)
    if (type === undefined) throw new RequestError('job-type-not-supported', { values: { jobtype: jobType } })
    const known = await findForNewJob(context.database.kysely, wantedBy(details))
    const members = planJob(emptyJob, details, known, caller)
    const id = randomUUID()
    const runNow = members.schedule?.runNow === true
    const nextRunAt = firstOccurrence(members, context.config.timeZone, known.now)
    const { revision, runId } = await orNameTaken(members, () =>
      context.database.kysely.transaction().execute(async (tx) => {
        const job = await insertJob(tx, {
          id,
          type,
          category: 'User-defined',
          members,
          createdBy: caller.name,
          nextRunAt,
        })
        const detail = { name: members.jobName, type, ignored, runNow }
        await recordAudit(tx, { actor: caller.name, action: 'job.create', target: id, outcome: 'done', detail })
        const wish = { trigger: 'request', requestedBy: caller.name } as const
        const made = runNow ? await context.queue.requestRun(tx, job, wish) : undefined
        return { revision: job.revision, runId: runOf(made) }
      }),
    )
    expectOccurrence(context.alarm, nextRunAt, known.now)
    return { status: 201, headers: { etag: etagOf(revision), ...ignoredHeader(ignored) }, body: { JobID: id }, runId }
  },
})

interface NewJobSent {
  readonly details: Partial<SentDetails>
  readonly jobType: string
  readonly ignored: readonly string[]
}

function readJob(body: Uint8Array): NewJobSent {
  const { sent, ignored } = readBody(body, readCreate)
  const { jobDetails: details = {}, jobType } = sent ?? {}
  const mandatory: Readonly<Record<string, unknown>> = {
    JobType: jobType,
    'JobDetails.JobName': details.jobName,
    'JobDetails.AssetsResolutionInfo': details.assetsResolutionInfo,
    'JobDetails.Standards': details.standards,
  }
  const missing = Object.entries(mandatory).filter(([, value]) => value === undefined)
  if (missing.length > 0 || jobType === undefined) {
    throw refuseInput(missing.map(([member]) => ({ member, value: null, allowed: 'a value: it is mandatory' })))
  }
  return { details, jobType, ignored }
}

/** Somebody may take the name between our look and our insert; the database has the last word. */
async function orNameTaken<T>(members: JobMembers, store: () => Promise<T>): Promise<T> {
  try {
    return await store()
  } catch (error) {
    if (!isNameTaken(error)) throw error
    throw new RequestError('duplicate-name', { values: { name: members.jobName } })
  }
}
