import type { Context } from '../../context.ts'
import type { JobMembers } from '../../jobs/job-definition.ts'
import { findIdleAssets, hasRunUnderWay } from '../../store/jobs.ts'
import type { Job } from '../../store/jobs.ts'
import { firstOccurrence } from './job-plan.ts'

export interface PlannedUpdate {
  readonly job: Job
  /** The job as it would be. */
  readonly members: JobMembers
  readonly runNow: boolean
  readonly now: string
}

const namesShown = 5

/** What would be accepted, and would not do what its sender may expect. */
export async function findWarnings(context: Context, { job, members, runNow, now }: PlannedUpdate): Promise<string[]> {
  const { config } = context
  const db = context.database.kysely
  const warnings: string[] = []
  if (runNow && (await hasRunUnderWay(db, job.id))) {
    warnings.push('A run of this job is under way; RunNow would not start another.')
  }
  if (members.schedule?.runPeriodically === true && firstOccurrence(members, config.timeZone, now) === null) {
    warnings.push('Schedule: it has no occurrence in the future, so it would never start a run.')
  }
  if (
    (members.shouldSendSuccessNotification || members.shouldSendFailureNotification) &&
    config.smtpUrl === undefined
  ) {
    warnings.push('No mail server is configured (PLUMBLINE_SMTP_URL); notifications would not be sent.')
  }
  if (members.shouldSynchronizeResults && job.type === 'DataCollectionJob') {
    warnings.push('ShouldSynchronizeResults: a data collection job has no evaluation results.')
  }
  if (
    members.shouldSynchronizeResults &&
    config.databaseUrl !== undefined &&
    config.reportingDatabaseUrl === undefined
  ) {
    warnings.push(
      'Reporting synchronisation is not configured (REPORTING_DATABASE_URL); reports would be built from stale data.',
    )
  }
  if (job.type !== 'CollectionEvaluationJob') warnings.push(...withoutEffect(job.type, members))
  const ids = members.assetsResolutionInfo.map(({ id }) => id)
  const { unreachable, gone } = await findIdleAssets(db, ids, namesShown + 1)
  if (unreachable.length > 0) warnings.push(`No transport or credential is set for ${some(unreachable)}.`)
  if (gone.length > 0) warnings.push(`AssetsResolutionInfo names what does not exist any more: ${some(gone)}.`)
  return warnings
}

function withoutEffect(type: string, members: JobMembers): string[] {
  const limited = members.collectionOnlyTimeOutHours > 0 || members.collectionOnlyTimeOutMins > 0
  return [
    ...(members.isIncremental ? [`IsIncremental has no effect on this type of job, ${type}.`] : []),
    ...(limited
      ? [`CollectionOnlyTimeOutHours and CollectionOnlyTimeOutMins have no effect on this type of job, ${type}.`]
      : []),
  ]
}

function some(names: readonly string[]): string {
  return names.length <= namesShown ? names.join(', ') : `${names.slice(0, namesShown).join(', ')} and more`
}
