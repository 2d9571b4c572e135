import type { JobChanges, JobMembers, NotificationData } from './job-definition.ts'

/** What is wrong with a value, on which member, in our names: `schedule.repeatDays`, `standards[2]`. */
export interface Problem {
  readonly member: string
  readonly value: unknown
  readonly allowed: string
}

type Range = readonly [least: number, most: number]

const largest = 2 ** 31 - 1

/** Least and most, ends included. Where the contract says nothing, what a 32-bit integer holds. */
const ranges = {
  incrementalPeriod: [1, 1000],
  collectionOnlyTimeOutHours: [0, 1000],
  collectionOnlyTimeOutMins: [0, 59],
} as const satisfies Partial<Record<keyof JobMembers, Range>>

const scheduleRanges = {
  recurrenceType: [0, 2],
  repeatDays: [0, largest],
  repeatMinutes: [0, largest],
  weeklyRecurEvery: [0, largest],
  weeklyDay: [0, 6],
  monthlyRecurEvery: [0, largest],
  monthlyDay: [0, 31],
  monthlyOrdinalDay: [0, 4],
  monthlyDayOfTheWeek: [0, 6],
  subScheduleRepeatDays: [0, largest],
  subScheduleRepeatPeriodDays: [0, largest],
} as const satisfies Partial<Record<keyof NonNullable<JobMembers['schedule']>, Range>>

/** Longest texts and lists, in UTF-16 code units and elements: far beyond any use, short of any harm. */
export const limits = {
  jobName: 255,
  jobDescription: 10_000,
  assetType: 255,
  emailAddresses: 4000,
  subject: 998,
  body: 100_000,
  assetsResolutionInfo: 20_000,
  standards: 1000,
} as const

/** Values that are of the right type and not allowed. */
export function findRangeProblems(changes: JobChanges): Problem[] {
  const problems: Problem[] = []
  const check = (member: string, value: number | undefined, [least, most]: Range): void => {
    if (value === undefined || (value >= least && value <= most)) return
    const allowed = most === largest ? `an integer of at least ${least}` : `an integer from ${least} to ${most}`
    problems.push({ member, value, allowed })
  }
  const checkLength = (member: string, value: { readonly length: number } | undefined, most: number): void => {
    if (value === undefined || value.length <= most) return
    const allowed = typeof value === 'string' ? `a text of at most ${most} characters` : `a list of at most ${most}`
    problems.push({ member, value: typeof value === 'string' ? value : `a list of ${value.length}`, allowed })
  }
  if (changes.jobName !== undefined && changes.jobName.trim() === '') {
    problems.push({ member: 'jobName', value: changes.jobName, allowed: 'a name that is not blank' })
  }
  checkLength('jobName', changes.jobName, limits.jobName)
  checkLength('jobDescription', changes.jobDescription, limits.jobDescription)
  checkLength('assetsResolutionInfo', changes.assetsResolutionInfo, limits.assetsResolutionInfo)
  for (const [index, { type }] of (changes.assetsResolutionInfo ?? []).entries()) {
    checkLength(`assetsResolutionInfo[${index}].type`, type, limits.assetType)
  }
  checkLength('standards', changes.standards, limits.standards)
  for (const [member, range] of Object.entries(ranges)) check(member, changes[member as keyof typeof ranges], range)
  for (const [member, range] of Object.entries(scheduleRanges)) {
    check(`schedule.${member}`, changes.schedule?.[member as keyof typeof scheduleRanges], range)
  }
  for (const name of ['successNotification', 'failureNotification'] as const) {
    const notification = changes[name]
    checkLength(`${name}.toEmailAddress`, notification?.toEmailAddress, limits.emailAddresses)
    checkLength(`${name}.fromEmailAddress`, notification?.fromEmailAddress, limits.emailAddresses)
    checkLength(`${name}.subject`, notification?.subject, limits.subject)
    checkLength(`${name}.body`, notification?.body, limits.body)
  }
  return problems
}

/** A flag that is on needs its notification, and all four members of it. */
export function findMissing(job: JobMembers): Problem[] {
  return [
    ...missingOf(job.shouldSendSuccessNotification, 'successNotification', job.successNotification),
    ...missingOf(job.shouldSendFailureNotification, 'failureNotification', job.failureNotification),
  ]
}

function missingOf(
  isOn: boolean,
  name: 'successNotification' | 'failureNotification',
  notification: NotificationData | null,
): Problem[] {
  if (!isOn) return []
  const flag = name === 'successNotification' ? 'ShouldSendSuccessNotification' : 'ShouldSendFailureNotification'
  if (notification === null) return [{ member: name, value: null, allowed: `a notification, because ${flag} is true` }]
  return Object.entries(notification)
    .filter(([, value]) => value.trim() === '')
    .map(([member, value]) => ({
      member: `${name}.${member}`,
      value,
      allowed: `a text that is not blank, because ${flag} is true`,
    }))
}

/** Addresses of notifications that will be sent, which no mail could be sent to or from. */
export function findBadAddresses(job: JobMembers): Problem[] {
  const problems: Problem[] = []
  const check = (isOn: boolean, name: string, notification: NotificationData | null): void => {
    if (!isOn || notification === null) return
    const recipients = splitAddresses(notification.toEmailAddress)
    for (const address of recipients.length === 0 ? [notification.toEmailAddress] : recipients) {
      if (isAddress(address)) continue
      const allowed = 'e-mail addresses, separated by ; or ,'
      problems.push({ member: `${name}.toEmailAddress`, value: address, allowed })
    }
    const [from = '', ...more] = splitAddresses(notification.fromEmailAddress)
    if (more.length > 0 || !isAddress(from)) {
      const value = notification.fromEmailAddress
      problems.push({ member: `${name}.fromEmailAddress`, value, allowed: 'one e-mail address' })
    }
  }
  check(job.shouldSendSuccessNotification, 'successNotification', job.successNotification)
  check(job.shouldSendFailureNotification, 'failureNotification', job.failureNotification)
  return problems
}

/** At `;` and `,` outside of quotes and angle brackets; empty parts between two of them do not count. */
export function splitAddresses(list: string): string[] {
  const parts = list.match(/(?:"(?:[^"\\]|\\.)*"|<[^>]*>|[^;,"<]|["<])+/g) ?? []
  return parts.map((part) => part.trim()).filter((part) => part !== '')
}

/** `name@host` or `Any words <name@host>`. Whether somebody reads it is the mail server's to say. */
export function isAddress(text: string): boolean {
  if (/\p{Cc}/u.test(text)) return false
  const bracketed = /^[^<>]*<([^<>]*)>$/.exec(text)
  return /^[^\s@<>"]+@[^\s@<>"]+$/.test(bracketed === null ? text : (bracketed[1] ?? ''))
}
