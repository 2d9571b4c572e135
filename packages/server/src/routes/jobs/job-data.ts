import type { Kysely } from 'kysely'
import type { JobData } from '../../api/job-details.ts'
import type { Tables } from '../../db/schema.ts'
import { isJobType } from '../../jobs/job-definition.ts'
import type { Job } from '../../store/jobs.ts'
import { lastRunOfJobs, lastRunStatus, skipsOfJobs } from '../../store/runs.ts'
import { nextRun } from './job-plan.ts'
import { shownDetails } from './job-wire.ts'

/** Jobs as the searches answer them; jobs of the product itself have properties and no configuration. */
export async function describeJobs(db: Kysely<Tables>, jobs: readonly Job[]): Promise<JobData[]> {
  const ids = jobs.map(({ id }) => id)
  const [lastRuns, skips] = [await lastRunOfJobs(db, ids), await skipsOfJobs(db, ids)]
  return jobs.map((job) => {
    const [lastRun, skipped] = [lastRuns.get(job.id), skips.get(job.id)]
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
      ...(skipped === undefined ? {} : { SkippedRuns: { From: skipped.from, To: skipped.to } }),
      ...(isJobType(job.type) ? { JobDetails: shownDetails(job.members) } : {}),
    }
  })
}
