import type { JobData } from '../../api/job-details.ts'
import { isJobType } from '../../jobs/job-definition.ts'
import type { Job } from '../../store/jobs.ts'
import { lastRunStatus } from '../../store/runs.ts'
import type { lastRunOfJobs } from '../../store/runs.ts'
import { nextRun } from './job-plan.ts'
import { shownDetails } from './job-wire.ts'

type LastRun = Awaited<ReturnType<typeof lastRunOfJobs>> extends ReadonlyMap<string, infer Run> ? Run : never

/** A job as the searches answer it; jobs of the product itself have properties and no configuration. */
export function describeJob(job: Job, lastRun: LastRun | undefined): JobData {
  return {
    JobID: job.id,
    JobName: job.members.jobName,
    JobDescription: job.members.jobDescription,
    JobType: job.type,
    JobCategory: job.category,
    JobCreationTime: job.createdAt,
    JobModifiedTime: job.modifiedAt,
    LastRunStatus: lastRunStatus(lastRun),
    LastRunDate: lastRun?.at ?? null,
    NextRunDate: nextRun(job),
    ...(isJobType(job.type) ? { JobDetails: shownDetails(job.members) } : {}),
  }
}
