import type { Temporal } from 'temporal-polyfill'
import { runLimitMs } from './schedule.ts'
import type { Schedule } from './schedule.ts'

/**
 * What a job does: the members of the API's `JobDetails` in our names, each the same word beginning with a small letter.
 * This is what `jobs.definition` and the snapshots of runs hold; name and description are columns of their own.
 */
export interface JobDefinition {
  readonly assetsResolutionInfo: readonly AssetReference[]
  /** Ids of standards. */
  readonly standards: readonly string[]
  /** Collect only from assets whose evidence is older than {@link incrementalPeriod} days. */
  readonly isIncremental: boolean
  readonly incrementalPeriod: number
  readonly collectionOnlyTimeOutHours: number
  readonly collectionOnlyTimeOutMins: number
  readonly successNotification: NotificationData | null
  readonly failureNotification: NotificationData | null
  readonly shouldSendSuccessNotification: boolean
  readonly shouldSendFailureNotification: boolean
  readonly shouldSynchronizeResults: boolean
  readonly schedule: Schedule | null
  /** Ours, CCS has none: whether scripts of content may run where their standard has leave for them. */
  readonly scripts?: 'default' | 'refuse'
  /** Ours too: what to do about assets whose host key nobody has approved yet. Jobs of before have no word. */
  readonly unknownHostKeys?: UnknownHostKeys
  /** Of an asset import job, which has no assets and no standards of its own. */
  readonly assetImport?: AssetImportSource
}

/** Where an asset import job reads, and what it makes of it. One of `digest` and `file` is there. */
export interface AssetImportSource {
  /** Of an inventory that the job holds. */
  readonly digest?: string
  /** Of a file below the directory that the server's configuration names; read anew by every run. */
  readonly file?: string
  readonly form?: InventoryForm
  readonly folder?: string
  readonly groups: boolean
}

type InventoryForm = 'ansible-ini' | 'ansible-yaml' | 'csv' | 'ssh-config'

/** An asset or an asset group; the id says which. `type` is what the caller called it. */
export interface AssetReference {
  readonly id: string
  readonly type: string
}

export interface NotificationData {
  readonly toEmailAddress: string
  readonly fromEmailAddress: string
  readonly subject: string
  readonly body: string
}

/** `default`: as the server is configured. */
export type UnknownHostKeys = 'accept-new' | 'default' | 'refuse'

/** Everything of a job that an update can change. */
export interface JobMembers extends JobDefinition {
  readonly jobName: string
  readonly jobDescription: string
}

/** What is sent replaces what is stored; the rest is left alone. */
export type JobChanges = Partial<JobMembers>

/** The types of job that run here and can be updated. */
export const jobTypes = ['CollectionEvaluationJob', 'DataCollectionJob', 'EvaluationJob'] as const

export type JobType = (typeof jobTypes)[number]

/** Fills the asset system; made by an operation of ours, run and scheduled as the others are. */
export const assetImportJob = 'AssetImportJob'

export function isJobType(type: string): type is JobType {
  return (jobTypes as readonly string[]).includes(type)
}

/** The type of job that a caller names: in any letter case, and by Create Job's other name for a data collection job. */
export function parseJobType(text: string): JobType | undefined {
  const wanted = text.toLowerCase()
  return wanted === 'collectionjob' ? 'DataCollectionJob' : jobTypes.find((type) => type.toLowerCase() === wanted)
}

/** A job before anything is said about it. */
export const emptyJob: JobMembers = {
  jobName: '',
  jobDescription: '',
  assetsResolutionInfo: [],
  standards: [],
  isIncremental: false,
  incrementalPeriod: 1,
  collectionOnlyTimeOutHours: 0,
  collectionOnlyTimeOutMins: 0,
  successNotification: null,
  failureNotification: null,
  shouldSendSuccessNotification: false,
  shouldSendFailureNotification: false,
  shouldSynchronizeResults: false,
  schedule: null,
  scripts: 'default',
  unknownHostKeys: 'default',
}

/** Members that a caller leaves out of a notification. */
export const emptyNotification: NotificationData = { toEmailAddress: '', fromEmailAddress: '', subject: '', body: '' }

/** Members that a caller leaves out of a schedule; one without a start begins now. */
export function emptySchedule(now: Temporal.Instant): Schedule {
  return {
    runNow: false,
    runPeriodically: false,
    startDate: now.toString({ fractionalSecondDigits: 3 }),
    runOnce: false,
    runEveryNDays: false,
    repeatDays: 0,
    repeatMinutes: 0,
    recurrenceType: 0,
    weeklyRecurEvery: 0,
    weeklyDay: 0,
    monthlyRecurEvery: 0,
    monthlyIsByOrdinalDay: false,
    monthlyDay: 0,
    monthlyOrdinalDay: 0,
    monthlyDayOfTheWeek: 0,
    endJobRunConfigured: false,
    endJobRunTimeInterval: '00:00:00',
    subScheduleRepeatDays: 0,
    subScheduleRepeatPeriodDays: 0,
  }
}

export function applyChanges(job: JobMembers, changes: JobChanges): JobMembers {
  return { ...job, ...changes, ...incremental(job, changes) }
}

/**
 * As soon as one of the two members is sent, both are decided: a period alone switches incremental collection on, a
 * `false` switches it off whatever the period, and without a period it is one day.
 */
function incremental(
  job: JobMembers,
  { isIncremental, incrementalPeriod }: JobChanges,
): Pick<JobMembers, 'isIncremental' | 'incrementalPeriod'> {
  if (isIncremental === undefined && incrementalPeriod === undefined) {
    return { isIncremental: job.isIncremental, incrementalPeriod: job.incrementalPeriod }
  }
  return { isIncremental: isIncremental ?? true, incrementalPeriod: incrementalPeriod ?? 1 }
}

/**
 * How long the collection phase of a run may last; undefined for as long as it takes. The contract gives the limit to
 * jobs that collect and evaluate, no others.
 */
export function collectionLimitMs({
  type,
  definition,
}: {
  readonly type: string
  readonly definition: JobDefinition
}): number | undefined {
  if (type !== 'CollectionEvaluationJob') return undefined
  const minutes = definition.collectionOnlyTimeOutHours * 60 + definition.collectionOnlyTimeOutMins
  return minutes === 0 ? undefined : minutes * 60_000
}

/** How long a run may last; undefined for as long as it takes. */
export function jobRunLimitMs({ schedule }: JobDefinition): number | undefined {
  return schedule === null ? undefined : runLimitMs(schedule)
}
