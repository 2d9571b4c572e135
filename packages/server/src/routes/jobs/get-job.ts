import { jobData, refusal } from '../../api/job-details.ts'
import { isGuid } from '../../api/json-reader.ts'
import { defineOperation } from '../../context.ts'
import { RequestError } from '../../errors.ts'
import { findJob } from '../../store/jobs.ts'
import { etagOf } from './entity-tag.ts'
import { toSeeJobs } from './job-access.ts'
import { describeJobs } from './job-data.ts'

/** Search Job by ID. */
export const getJob = defineOperation({
  method: 'GET',
  path: '/ccs/api/v1/jobs/:id',
  summary: 'One job, by its GUID',
  access: toSeeJobs,
  replies: { 200: jobData, 403: refusal, 404: refusal },
  async handler(context, { params }) {
    const db = context.database.kysely
    const id = params['id'] ?? ''
    const job = isGuid(id) ? await findJob(db, id) : undefined
    if (job === undefined) throw new RequestError('job-not-found', { values: { JobID: id } })
    const [body] = await describeJobs(db, [job])
    return { status: 200, headers: { etag: etagOf(job.revision) }, body }
  },
})
