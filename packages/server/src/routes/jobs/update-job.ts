import { isDeepStrictEqual } from 'node:util'
import { refusal, updateJobBody, updatePlan } from '../../api/job-details.ts'
import { isGuid, object, textThat } from '../../api/json-reader.ts'
import type { Reply, Request } from '../../api/operation.ts'
import { authorise } from '../../auth/caller.ts'
import type { Caller } from '../../auth/caller.ts'
import { defineOperation } from '../../context.ts'
import type { Context } from '../../context.ts'
import type { Transaction } from '../../db/database.ts'
import { RequestError } from '../../errors.ts'
import { expectOccurrence } from '../../jobs/dispatch.ts'
import { isJobType } from '../../jobs/job-definition.ts'
import type { JobMembers } from '../../jobs/job-definition.ts'
import { addRunMessage } from '../../jobs/run-requests.ts'
import { recordAudit } from '../../store/audit.ts'
import type { AuditEntry } from '../../store/audit.ts'
import { findJobToUpdate, lockJobToUpdate, saveUpdate } from '../../store/job-updates.ts'
import { isNameTaken } from '../../store/jobs.ts'
import type { JobToUpdate } from '../../store/job-updates.ts'
import type { Job } from '../../store/jobs.ts'
import { latestRuns } from '../../store/runs.ts'
import { etagOf, refuseIfStale } from './entity-tag.ts'
import { toDefineJobs } from './job-access.ts'
import { auditedChanges, changesBetween } from './job-changes.ts'
import { datesWithRerun, firstOccurrence, nextDates, planJob, wantedBy } from './job-plan.ts'
import { detailsOf, readDetails } from './job-wire.ts'
import type { SentDetails } from './job-wire.ts'
import { ignoredHeader, readBody, refuseInput, refuseValues } from './request-body.ts'
import { findWarnings } from './update-warnings.ts'

const readUpdate = object<{ readonly jobDetails: Partial<SentDetails>; readonly jobID: string }>({
  jobDetails: readDetails,
  jobID: textThat(isGuid, 'a GUID, such as 2a221e47-f38a-4a6b-af20-43d650e6d56b'),
})

/**
 * Update Job: what is sent replaces what is stored, the rest is left alone. The checks have a documented order: token,
 * JSON and types, both members there, job exists, permission, type of job, entity tag, name, ranges, references.
 */
export const updateJob = defineOperation({
  method: 'PATCH',
  path: '/ccs/api/v1/jobs',
  summary: 'Update a job',
  access: { ...toDefineJobs, checked: 'in handler' },
  query: { dryRun: { description: 'true: answer what would change, and store nothing' } },
  body: updateJobBody,
  maxBodyBytes: 4 * 1024 * 1024,
  replies: { 204: null, 200: updatePlan, 400: refusal, 403: refusal, 404: refusal, 412: refusal, 413: refusal },
  async handler(context, request) {
    const update = parseUpdate(request)
    if (update.dryRun) return showPlan(context, update)
    const { plan, revision, runId } = (await tryUpdate(context, update)) ?? (await updateLocked(context, update))
    expectOccurrence(context.alarm, plan.nextRunAt, plan.now)
    return { ...accepted(update, revision), runId }
  },
})

interface Update {
  readonly jobId: string
  readonly sent: Partial<SentDetails>
  readonly ignored: readonly string[]
  readonly dryRun: boolean
  readonly ifMatch: string | undefined
  readonly caller: Caller
}

function parseUpdate({ body, query, headers, caller }: Request<Caller>): Update {
  const dryRun = query.get('dryrun')?.toLowerCase() ?? 'false'
  if (dryRun !== 'true' && dryRun !== 'false') {
    throw refuseValues([{ member: 'dryRun', value: dryRun, allowed: 'true or false' }])
  }
  const { sent, ignored } = readBody(body, readUpdate)
  const { jobID: jobId, jobDetails } = sent ?? {}
  if (jobId === undefined || jobDetails === undefined) {
    const missing = { JobID: jobId, JobDetails: jobDetails }
    const names = Object.entries(missing).filter(([, value]) => value === undefined)
    throw refuseInput(names.map(([member]) => ({ member, value: null, allowed: 'a value: it is mandatory' })))
  }
  return {
    jobId,
    sent: jobDetails,
    ignored,
    dryRun: dryRun === 'true',
    ifMatch: headers['if-match']?.toString(),
    caller,
  }
}

/**
 * Most updates meet nobody: read, check, write if nobody wrote in between, without a transaction around it. One that was
 * overtaken is done again behind a lock, so that it is never overtaken twice. A run starts in the update's transaction.
 */
async function tryUpdate(context: Context, update: Update): Promise<Updated | undefined> {
  if (update.sent.schedule?.runNow === true) return undefined
  const db = context.database.kysely
  const plan = makePlan(context, update, await findJobToUpdate(db, { ...wantedBy(update.sent), id: update.jobId }))
  if (plan.changes.length === 0) {
    await recordAudit(db, plan.audit)
    return { plan, revision: plan.job.revision }
  }
  const revision = await save(db, plan)
  return revision === undefined ? undefined : { plan, revision }
}

async function updateLocked(context: Context, update: Update): Promise<Updated> {
  return context.database.kysely.transaction().execute(async (tx) => {
    const plan = makePlan(context, update, await lockJobToUpdate(tx, update.jobId, wantedBy(update.sent)))
    let { revision } = plan.job
    if (plan.changes.length === 0) await recordAudit(tx, plan.audit)
    else {
      const saved = await save(tx, plan)
      if (saved === undefined) throw new Error(`job ${plan.job.id} was changed behind its lock`)
      revision = saved
    }
    const isToRun = update.sent.schedule?.runNow === true
    const runId = isToRun ? await startRun(context, tx, plan.job, update.caller) : undefined
    return { plan, revision, runId }
  })
}

interface Updated {
  readonly plan: Plan
  readonly revision: string
  readonly runId?: string | undefined
}

interface Plan {
  readonly job: Job
  /** The database's time. */
  readonly now: string
  readonly members: JobMembers
  readonly changes: ReturnType<typeof changesBetween>
  readonly nextRunAt?: string | null
  readonly audit: AuditEntry
}

/** Everything between the reading and the writing; refuses in the documented order. */
function makePlan(context: Context, update: Update, found: JobToUpdate | undefined): Plan {
  const { caller, sent } = update
  if (found === undefined) throw new RequestError('job-not-found', { values: { JobID: update.jobId } })
  const { job } = found
  authorise(caller, toDefineJobs)
  if (!isJobType(job.type)) throw new RequestError('job-type-not-supported', { values: { jobtype: job.type } })
  refuseIfStale(update.ifMatch, job.revision)
  const members = planJob(job.members, sent, found, caller)
  const changes = changesBetween(detailsOf(job.members), detailsOf(members))
  const scheduleChanged = !isDeepStrictEqual(job.members.schedule, members.schedule)
  return {
    job,
    now: found.now,
    members,
    changes,
    // An unchanged schedule keeps what is due: it may be due this very moment.
    ...(scheduleChanged ? { nextRunAt: firstOccurrence(members, context.config.timeZone, found.now) } : {}),
    audit: {
      actor: caller.name,
      action: 'job.update',
      target: job.id,
      outcome: 'done',
      detail: { changes: auditedChanges(changes), ignored: update.ignored, runNow: sent.schedule?.runNow === true },
    },
  }
}

async function save(db: Parameters<typeof saveUpdate>[0], plan: Plan): Promise<string | undefined> {
  try {
    return await saveUpdate(db, plan)
  } catch (error) {
    if (!isNameTaken(error)) throw error
    throw new RequestError('duplicate-name', { values: { name: plan.members.jobName } })
  }
}

/** One run of a job at a time: while one is under way none is started, and its messages say so. */
async function startRun(context: Context, tx: Transaction, job: Job, caller: Caller): Promise<string | undefined> {
  const outcome = await context.queue.requestRun(tx, job, { trigger: 'request', requestedBy: caller.name })
  if (!('refused' in outcome)) return outcome.runId
  const [underWay] = await latestRuns(tx, job.id, 1)
  if (underWay === undefined) return undefined
  await addRunMessage(tx, {
    runId: underWay.id,
    phase: 'run',
    text: `${caller.name} updated the job with RunNow; no run was started because this one was still under way.`,
  })
  return undefined
}

function accepted({ ignored }: Update, revision: string): Reply {
  return { status: 204, headers: { etag: etagOf(revision), ...ignoredHeader(ignored) } }
}

const datesShown = 10

/** The same checks, and nothing stored. */
async function showPlan(context: Context, update: Update): Promise<Reply> {
  const db = context.database.kysely
  const found = await findJobToUpdate(db, { ...wantedBy(update.sent), id: update.jobId })
  const { job, now, members, changes, nextRunAt } = makePlan(context, update, found)
  const runNow = update.sent.schedule?.runNow === true
  const dates = nextDates(members, context.config.timeZone, now, datesShown)
  // Another schedule drops what the old one planned, and so does a run of the whole job.
  const rerunAt = nextRunAt === undefined && !runNow ? job.rerunAt : null
  return {
    status: 200,
    headers: { etag: etagOf(job.revision), ...ignoredHeader(update.ignored) },
    body: {
      Changes: changes,
      NextRunDates: datesWithRerun(dates, rerunAt).slice(0, datesShown),
      Warnings: await findWarnings(context, { job, members, runNow, now }),
    },
  }
}
