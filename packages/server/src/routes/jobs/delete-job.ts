import { refusal } from '../../api/job-details.ts'
import { isGuid } from '../../api/json-reader.ts'
import type { Access } from '../../api/operation.ts'
import { authorise } from '../../auth/caller.ts'
import { defineOperation } from '../../context.ts'
import { RequestError } from '../../errors.ts'
import { recordAudit } from '../../store/audit.ts'
import { deleteHistory, deleteJob as deleteWholeJob, hasRunUnderWay, lockJob } from '../../store/jobs.ts'
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
    await context.database.kysely.transaction().execute(async (tx) => {
      const job = isGuid(id) ? await lockJob(tx, id) : undefined
      if (job === undefined) throw new RequestError('job-not-found', { values: { JobID: id } })
      authorise(caller, access)
      const isCreator = job.createdBy.toLowerCase() === caller.name.toLowerCase()
      if (job.category === 'System' || !isCreator) throw new RequestError('forbidden')
      if (whole === 'false') {
        const runs = await deleteHistory(tx, job.id)
        const entry = { actor: caller.name, action: 'job.delete-history', target: job.id, outcome: 'done' }
        return recordAudit(tx, { ...entry, detail: { runs } })
      }
      if (await hasRunUnderWay(tx, job.id)) {
        const message = `A run of job '${job.members.jobName}' is under way. Abort it or wait until it has ended, then delete the job.`
        throw new RequestError('invalid-request', { message })
      }
      await deleteWholeJob(tx, job.id)
      const detail = { name: job.members.jobName }
      return recordAudit(tx, { actor: caller.name, action: 'job.delete', target: job.id, outcome: 'done', detail })
    })
    return { status: 204 }
  },
})
