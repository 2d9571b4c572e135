import type { Temporal } from 'temporal-polyfill'
import { scriptRules, unknownHostKeyRules } from '../../api/job-details.ts'
import type { JobDetails } from '../../api/job-details.ts'
import { boolean, capitalise, guid, integer, list, object, oneOf, text, textThat } from '../../api/json-reader.ts'
import type { Reader } from '../../api/json-reader.ts'
import { emptyNotification, emptySchedule } from '../../jobs/job-definition.ts'
import type { AssetReference, JobChanges, JobMembers, NotificationData } from '../../jobs/job-definition.ts'
import { parseStartDate, parseTimeSpan } from '../../jobs/schedule.ts'
import type { Schedule } from '../../jobs/schedule.ts'

/*
 * `JobDetails` as it travels and as we hold it. The words are the same; the wire writes them with a capital letter,
 * leaves members out, and takes `null` for left out.
 */

/** What was sent: any member may be missing, also inside of the objects. */
export interface SentDetails extends Omit<JobMembers, 'assetImport' | 'assetsResolutionInfo' | Objects> {
  readonly assetsResolutionInfo: Partial<AssetReference>[]
  readonly standards: string[]
  readonly successNotification: Partial<NotificationData>
  readonly failureNotification: Partial<NotificationData>
  readonly schedule: Partial<Schedule>
}
type Objects = 'failureNotification' | 'schedule' | 'standards' | 'successNotification'

const notification = object<NotificationData>({
  toEmailAddress: text,
  fromEmailAddress: text,
  subject: text,
  body: text,
})

const schedule = object<Schedule>({
  runNow: boolean,
  runPeriodically: boolean,
  startDate: textThat(
    (value) => parseStartDate(value, 'UTC') !== undefined,
    'an ISO 8601 date and time, such as 2018-11-18T02:14:27.5120788-08:00',
  ),
  runOnce: boolean,
  runEveryNDays: boolean,
  repeatDays: integer,
  repeatMinutes: integer,
  recurrenceType: integer,
  weeklyRecurEvery: integer,
  weeklyDay: integer,
  monthlyRecurEvery: integer,
  monthlyIsByOrdinalDay: boolean,
  monthlyDay: integer,
  monthlyOrdinalDay: integer,
  monthlyDayOfTheWeek: integer,
  endJobRunConfigured: boolean,
  endJobRunTimeInterval: textThat(
    (value) => parseTimeSpan(value) !== undefined,
    'a time span, [d.]hh:mm:ss[.fffffff], such as 02:30:00',
  ),
  subScheduleRepeatDays: integer,
  subScheduleRepeatPeriodDays: integer,
})

export const readDetails: Reader<Partial<SentDetails>> = object<SentDetails>({
  assetsResolutionInfo: list(object<AssetReference>({ id: guid, type: text })),
  jobName: text,
  jobDescription: text,
  standards: list(guid),
  isIncremental: boolean,
  incrementalPeriod: integer,
  collectionOnlyTimeOutHours: integer,
  collectionOnlyTimeOutMins: integer,
  successNotification: notification,
  failureNotification: notification,
  shouldSendSuccessNotification: boolean,
  shouldSendFailureNotification: boolean,
  shouldSynchronizeResults: boolean,
  schedule,
  scripts: oneOf(scriptRules),
  unknownHostKeys: oneOf(unknownHostKeyRules),
})

/** An object replaces the whole of what is stored: members left out of it take their defaults. */
export function changesOf(sent: Partial<SentDetails>, now: Temporal.Instant): JobChanges {
  const { assetsResolutionInfo, standards, successNotification, failureNotification, schedule: times, ...rest } = sent
  return {
    ...rest,
    ...(assetsResolutionInfo === undefined ? {} : { assetsResolutionInfo: uniqueAssets(assetsResolutionInfo) }),
    ...(standards === undefined ? {} : { standards: [...new Set(standards)] }),
    ...(successNotification === undefined
      ? {}
      : { successNotification: { ...emptyNotification, ...successNotification } }),
    ...(failureNotification === undefined
      ? {}
      : { failureNotification: { ...emptyNotification, ...failureNotification } }),
    ...(times === undefined ? {} : { schedule: { ...emptySchedule(now), ...times } }),
  }
}

/** An id that was left out stays empty: it cannot be resolved, and the caller is told so with the others. */
function uniqueAssets(sent: readonly Partial<AssetReference>[]): AssetReference[] {
  const byId = new Map<string, AssetReference>()
  for (const { id = '', type = '' } of sent) if (!byId.has(id)) byId.set(id, { id, type })
  return [...byId.values()]
}

/** In a form that can be sent back unchanged. */
export function detailsOf(members: JobMembers): JobDetails {
  // Every member's wire name is ours with a capital letter; the round trip is tested.
  return capitaliseNames(members) as JobDetails
}

/** The same as replies show it: what CCS does not have is there only where somebody set it. */
export function shownDetails(members: JobMembers): JobDetails {
  const { Scripts = 'default', UnknownHostKeys = 'default', ...details } = detailsOf(members)
  return {
    ...details,
    ...(Scripts === 'default' ? {} : { Scripts }),
    ...(UnknownHostKeys === 'default' ? {} : { UnknownHostKeys }),
  }
}

function capitaliseNames(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(capitaliseNames)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [capitalise(name), capitaliseNames(one)]))
}

/** `schedule.repeatDays` → `JobDetails.Schedule.RepeatDays`. */
export function wireName(member: string): string {
  return ['jobDetails', ...member.split('.')].map(capitalise).join('.')
}
