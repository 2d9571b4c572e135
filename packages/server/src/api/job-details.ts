import { Type } from 'typebox'
import type { Static, TProperties, TSchema } from 'typebox'

/** What the API says about a job and its runs, as JSON Schema. Requests are read more kindly: see `json-reader.ts`. */

const guid = Type.String({ format: 'uuid' })
const nullable = <Schema extends TSchema>(schema: Schema) => Type.Union([schema, Type.Null()])
const instant = Type.String({ format: 'date-time' })

const assetResolutionInfo = Type.Object({
  Id: Type.String({ format: 'uuid', description: 'an asset or asset group' }),
  Type: Type.String({ description: 'its type, such as symc-csm-AssetSystem-Asset-Unix-Machine' }),
})

const notificationData = Type.Object({
  ToEmailAddress: Type.String({ description: 'one or more, separated by ; or ,' }),
  FromEmailAddress: Type.String(),
  Subject: Type.String(),
  Body: Type.String(),
})

const schedule = Type.Object({
  EndJobRunConfigured: Type.Boolean(),
  EndJobRunTimeInterval: Type.String({ description: '[d.]hh:mm:ss[.fffffff]; 00:00:00 is no limit' }),
  SubScheduleRepeatDays: Type.Integer({ minimum: 0 }),
  SubScheduleRepeatPeriodDays: Type.Integer({ minimum: 0 }),
  MonthlyDay: Type.Integer({ minimum: 0, maximum: 31 }),
  MonthlyDayOfTheWeek: Type.Integer({ minimum: 0, maximum: 6 }),
  MonthlyIsByOrdinalDay: Type.Boolean(),
  MonthlyOrdinalDay: Type.Integer({ minimum: 0, maximum: 4 }),
  MonthlyRecurEvery: Type.Integer({ minimum: 0 }),
  RecurrenceType: Type.Integer({ minimum: 0, maximum: 2 }),
  RepeatDays: Type.Integer({ minimum: 0 }),
  RepeatMinutes: Type.Integer({ minimum: 0 }),
  RunEveryNDays: Type.Boolean(),
  RunNow: Type.Boolean(),
  RunOnce: Type.Boolean(),
  RunPeriodically: Type.Boolean(),
  StartDate: Type.String({ description: 'ISO 8601 with up to seven fractional digits' }),
  WeeklyDay: Type.Integer({ minimum: 0, maximum: 6 }),
  WeeklyRecurEvery: Type.Integer({ minimum: 0 }),
})

/** `default`: for each standard as an administrator has said. */
export const scriptRules = ['default', 'refuse'] as const

/** `default`: as the server is configured. */
export const unknownHostKeyRules = ['default', 'refuse', 'accept-new'] as const

const members = {
  AssetsResolutionInfo: Type.Array(assetResolutionInfo),
  JobDescription: Type.String(),
  JobName: Type.String({ minLength: 1, maxLength: 255 }),
  Standards: Type.Array(guid),
  IsIncremental: Type.Boolean(),
  IncrementalPeriod: Type.Integer({ minimum: 1, maximum: 1000 }),
  CollectionOnlyTimeOutMins: Type.Integer({ minimum: 0, maximum: 59 }),
  CollectionOnlyTimeOutHours: Type.Integer({ minimum: 0, maximum: 1000 }),
  FailureNotification: nullable(notificationData),
  SuccessNotification: nullable(notificationData),
  ShouldSendFailureNotification: Type.Boolean(),
  ShouldSendSuccessNotification: Type.Boolean(),
  ShouldSynchronizeResults: Type.Boolean(),
  Schedule: nullable(schedule),
  Scripts: Type.Optional(
    Type.Union(
      scriptRules.map((rule) => Type.Literal(rule)),
      {
        description:
          'whether scripts of content may run where their standard has leave for them; an addition to CCS, left out of replies where it is default',
      },
    ),
  ),
  UnknownHostKeys: Type.Optional(
    Type.Union(
      unknownHostKeyRules.map((rule) => Type.Literal(rule)),
      {
        description:
          'what to do about assets whose SSH host key nobody has approved; an addition to CCS, left out of replies where it is default',
      },
    ),
  ),
}

export const jobDetails = Type.Object(members)
export type JobDetails = Static<typeof jobDetails>

/** All members of an object, and of the objects in it, may be left out. */
function optional(properties: TProperties): TProperties {
  return Object.fromEntries(Object.entries(properties).map(([name, schema]) => [name, Type.Optional(schema)]))
}

const partialDetails = Type.Object({
  ...optional(members),
  FailureNotification: Type.Optional(Type.Object(optional(notificationData.properties))),
  SuccessNotification: Type.Optional(Type.Object(optional(notificationData.properties))),
  Schedule: Type.Optional(Type.Object(optional(schedule.properties))),
})

export const updateJobBody = Type.Object({ JobDetails: partialDetails, JobID: guid })

export const createJobBody = Type.Object({
  JobDetails: partialDetails,
  JobType: Type.Union(
    ['CollectionEvaluationJob', 'CollectionJob', 'DataCollectionJob', 'EvaluationJob'].map((type) =>
      Type.Literal(type),
    ),
  ),
})

export const createdJob = Type.Object({ JobID: guid })

export const jobOperationBody = Type.Object({
  Operation: Type.String({ description: '`execute` with the id of a job, `abort` with the id of a job run' }),
})

export const startedRun = Type.Object({ JobRunID: guid })

export const updatePlan = Type.Object({
  Changes: Type.Array(Type.Object({ Field: Type.String(), From: Type.Unknown(), To: Type.Unknown() })),
  NextRunDates: Type.Array(instant),
  Warnings: Type.Array(Type.String()),
})

export const jobData = Type.Object({
  JobID: guid,
  JobName: Type.String(),
  JobDescription: Type.String(),
  JobType: Type.String(),
  JobCategory: Type.Union([Type.Literal('System'), Type.Literal('User-defined')]),
  JobCreationTime: instant,
  JobModifiedTime: instant,
  LastRunStatus: Type.String(),
  LastRunDate: nullable(instant),
  NextRunDate: nullable(instant),
  SkippedRuns: Type.Optional(
    Type.Object(
      { From: instant, To: instant },
      {
        description:
          'occurrences that fell into the last run, the first and the last; an addition to CCS, mostly absent',
      },
    ),
  ),
  JobDetails: Type.Optional(jobDetails),
})
export type JobData = Static<typeof jobData>

/** Get one job by its name, or a page of those that match an expression. */
export const jobOrJobs = Type.Union([
  jobData,
  Type.Object({ jobDataList: Type.Array(jobData), TotalPages: Type.Integer(), TotalRecords: Type.Integer() }),
])

export const jobRuns = Type.Array(
  Type.Object({
    JobRunID: guid,
    JobID: guid,
    JobName: Type.String(),
    Status: Type.String(),
    StartTime: nullable(instant),
    EndTime: nullable(instant),
    MessageCount: Type.Optional(Type.Integer()),
    Messages: Type.Optional(Type.Array(Type.Object({ DateTime: instant, Message: Type.String() }))),
  }),
)

export const refusal = Type.Object({
  Message: Type.String(),
  Details: Type.Optional(
    Type.Array(Type.Object({ Member: Type.String(), Value: Type.Optional(Type.Unknown()), Allowed: Type.String() })),
  ),
})
