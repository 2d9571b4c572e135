import { refusal } from '../../api/job-details.ts'
import { isGuid } from '../../api/json-reader.ts'
import type { Access } from '../../api/operation.ts'
import { authorise } from '../../auth/caller.ts'
import type { Caller } from '../../auth/caller.ts'
import { defineOperation } from '../../context.ts'
import type { Transaction } from '../../db/database.ts'
import { RequestError } from '../../errors.ts'
import { recordAudit } from '../../store/audit.ts'
import { countEndedRuns, deleteHistory } from '../../store/job-history.ts'
import { deleteJob as deleteWholeJob, hasRunUnderWay, lockJob } from '../../store/jobs.ts'
import type { Job } from '../../store/jobs.ts'
import { refuseInput, refuseValues } from './request-body.ts'

const access = {
  tasks: ['View standards', 'Manage jobs', 'Collect data', 'Evaluate standards', 'View evaluation results'],
  folders: ['Asset System', 'Standards'],
  checked: 'in handler',
} as const satisfies Access

/** Delete Job: the whole job, or only what its runs have left. Whoever created it may do so, and nobody else. */
export const deleteJob = defineOperation({
  method: 'DELETE',
  path: '/ccs/api/v1/jobs',
  summary: 'Delete a job, or its history',
  access,
  query: {
    jobid: { description: 'the GUID of the job', required: true },
    DeleteJob: { description: 'False keeps the job and deletes its runs and their results; default True' },
  },
  replies: { 204: null, 400: refusal, 403: refusal, 404: refusal },
  async handler(context, { query, caller }) {
    const id = query.get('jobid')
    if (id === undefined) throw refuseInput([{ member: 'jobid', value: null, allowed: 'the GUID of a job' }])
    const whole = query.get('deletejob')?.trim().toLowerCase() ?? 'true'
    if (whole !== 'true' && whole !== 'false') {
      throw refuseValues([{ member: 'DeleteJob', value: whole, allowed: 'True or False' }])
    }
    const db = context.database.kysely
    const begun = await db.transaction().execute(async (tx) => {
      const job = await lockDeletable(tx, id, caller)
      if (whole === 'true' && (await hasRunUnderWay(tx, job.id))) throw isUnderWay(job)
      const runs = await countEndedRuns(tx, job.id)
      const action = whole === 'true' ? 'job.delete' : 'job.delete-history'
      const entry = { actor: caller.name, action, target: job.id, outcome: 'begun', detail: { runs } }
      if (runs > 0) await recordAudit(tx, entry)
      return job
    })
    // A long history takes a while, and others are not to wait for all of it.
    const runs = await deleteHistory(db, begun.id)
    const done = { actor: caller.name, target: begun.id, outcome: 'done' }
    if (whole === 'false') {
      await recordAudit(db, { ...done, action: 'job.delete-history', detail: { runs } })
      return { status: 204 }
    }
    const refused = await db.transaction().execute(async (tx) => {
      const job = await lockDeletable(tx, id, caller)
      if (await hasRunUnderWay(tx, job.id)) {
        if (runs > 0) await recordAudit(tx, { ...done, action: 'job.delete-history', detail: { runs } })
        return isUnderWay(job)
      }
      await deleteWholeJob(tx, job.id)
      await recordAudit(tx, { ...done, action: 'job.delete', detail: { name: job.members.jobName } })
      return undefined
    })
    if (refused !== undefined) throw refused
    return { status: 204 }
  },
})

async function lockDeletable(tx: Transaction, id: string, caller: Caller): Promise<Job> {
  const job = isGuid(id) ? await lockJob(tx, id) : undefined
  if (job === undefined) throw new RequestError('job-not-found', { values: { JobID: id } })
  authorise(caller, access)
  const isCreator = job.createdBy.toLowerCase() === caller.name.toLowerCase()
  if (job.category === 'System' || !isCreator) throw new RequestError('forbidden')
  return job
}

function isUnderWay({ members }: Job): RequestError {
  const message = `A run of job '${members.jobName}' is under way. Abort it or wait until it has ended, then delete the job.`
  return new RequestError('invalid-request', { message })
}
