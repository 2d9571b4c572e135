import { Temporal } from 'temporal-polyfill'

/**
 * When a job runs. Days, weeks and months are wall-clock in the server's time zone, at the local time that the start
 * has there; minutes are elapsed time. A local time that daylight saving skips is read as if the clock had not yet been
 * put forward (02:30 becomes 03:30), a repeated one as the first of the two: RFC 5545 and Temporal's `compatible`.
 */
export interface Schedule {
  readonly runNow: boolean
  readonly runPeriodically: boolean
  /** ISO 8601 as it was given; without an offset it is local time of the server's time zone. */
  readonly startDate: string
  readonly runOnce: boolean
  readonly runEveryNDays: boolean
  readonly repeatDays: number
  readonly repeatMinutes: number
  /** 0 every {@link repeatDays} and {@link repeatMinutes}, 1 weekly, 2 monthly. */
  readonly recurrenceType: number
  readonly weeklyRecurEvery: number
  /** 0 Sunday … 6 Saturday. */
  readonly weeklyDay: number
  readonly monthlyRecurEvery: number
  readonly monthlyIsByOrdinalDay: boolean
  /** 1 … 31, the last day of a shorter month; 0 is the day of the start. */
  readonly monthlyDay: number
  /** 0 first … 3 fourth, 4 last. */
  readonly monthlyOrdinalDay: number
  /** 0 Sunday … 6 Saturday. */
  readonly monthlyDayOfTheWeek: number
  readonly endJobRunConfigured: boolean
  /** `[d.]hh:mm:ss[.fffffff]` as it was given. */
  readonly endJobRunTimeInterval: string
  readonly subScheduleRepeatDays: number
  readonly subScheduleRepeatPeriodDays: number
}

/**
 * The first `count` occurrences at or after `from`, each later than the one before, in whole milliseconds. Total: a
 * start that is no date has no occurrences, a schedule that leaves the calendar (year 9999) ends there, and numbers that
 * the API would refuse are read as 0, so that one damaged job cannot stop the others.
 */
export function occurrences(
  schedule: Schedule,
  timeZone: string,
  from: Temporal.Instant,
  count: number,
): Temporal.Instant[] {
  const start = startInstant(schedule, timeZone)
  if (!schedule.runPeriodically || start === undefined) return []
  const found: Temporal.Instant[] = []
  let previous: Temporal.Instant | undefined
  for (const instant of candidates(schedule, start, timeZone, from)) {
    if (found.length >= count) break
    // A zone that leaves out a whole day (Samoa, 2011) gives two days the same instant.
    const isLater = previous === undefined || Temporal.Instant.compare(instant, previous) > 0
    if (!isLater) continue
    previous = instant
    if (Temporal.Instant.compare(instant, from) >= 0) found.push(instant)
  }
  return found
}

/** The first `count` occurrences strictly after `after`. */
export function nextOccurrences(
  schedule: Schedule,
  timeZone: string,
  after: Temporal.Instant,
  count: number,
): Temporal.Instant[] {
  return occurrences(schedule, timeZone, after.add({ nanoseconds: 1 }), count)
}

/** The last occurrence at or before `until`. */
export function lastOccurrence(
  schedule: Schedule,
  timeZone: string,
  until: Temporal.Instant,
): Temporal.Instant | undefined {
  const start = startInstant(schedule, timeZone)
  if (!schedule.runPeriodically || start === undefined) return undefined
  let last: Temporal.Instant | undefined
  for (const instant of candidates(schedule, start, timeZone, until)) {
    if (Temporal.Instant.compare(instant, until) > 0) break
    if (last === undefined || Temporal.Instant.compare(instant, last) > 0) last = instant
  }
  return last
}

/** The start in whole milliseconds: what every database and client can hold. */
export function startInstant(schedule: Pick<Schedule, 'startDate'>, timeZone: string): Temporal.Instant | undefined {
  return parseStartDate(schedule.startDate, timeZone)?.round({ smallestUnit: 'millisecond', roundingMode: 'floor' })
}

const dateForm =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,9})?)?(Z|[+-](?:0\d|1[0-4]):?[0-5]\d)?)?$/i

/**
 * ISO 8601: a date, or a date and time with up to nine fractional digits, with `Z`, an offset up to 14 hours, or
 * nothing for local time.
 */
export function parseStartDate(text: string, timeZone: string): Temporal.Instant | undefined {
  const match = dateForm.exec(text)
  if (match === null || match[1] === '0000') return undefined
  try {
    return match[4] === undefined
      ? Temporal.PlainDateTime.from(text).toZonedDateTime(timeZone).toInstant()
      : Temporal.Instant.from(text)
  } catch {
    // The form is right but there is no such day.
    return undefined
  }
}

const timeSpanForm = /^(?:(\d{1,8})\.)?([01]?\d|2[0-3]):([0-5]?\d):([0-5]?\d)(?:\.(\d{1,7}))?$/

/** .NET's TimeSpan, `[d.]hh:mm:ss[.fffffff]`, not negative, in milliseconds. */
export function parseTimeSpan(text: string): number | undefined {
  const match = timeSpanForm.exec(text)
  if (match === null) return undefined
  const [, days = '0', hours, minutes, seconds, fraction = '0'] = match
  return (
    ((Number(days) * 24 + Number(hours)) * 60 + Number(minutes)) * 60_000 +
    Number(seconds) * 1000 +
    Math.floor(Number(`0.${fraction}`) * 1000)
  )
}

/** How long a run may last; undefined for as long as it takes. An interval of nothing is no limit. */
export function runLimitMs(schedule: Schedule): number | undefined {
  if (!schedule.endJobRunConfigured) return undefined
  return parseTimeSpan(schedule.endJobRunTimeInterval) || undefined
}

/** Later than any start, and inside what every database and .NET can hold. */
const lastDay = Temporal.PlainDate.from('9999-12-31')
const daysOfCalendar = 3_652_059
const monthsOfCalendar = 119_988

/** In order, beginning a little before `from`; the caller drops what is too early. */
function* candidates(
  schedule: Schedule,
  start: Temporal.Instant,
  timeZone: string,
  from: Temporal.Instant,
): Generator<Temporal.Instant> {
  if (schedule.runOnce) {
    yield start
    return
  }
  const startLocal = start.toZonedDateTimeISO(timeZone)
  const startDay = startLocal.toPlainDate()
  const atDay = (day: Temporal.PlainDate): Temporal.Instant =>
    // The start itself may be the second of a repeated local time.
    day.equals(startDay) ? start : day.toZonedDateTime({ timeZone, plainTime: startLocal.toPlainTime() }).toInstant()
  const fromDay = from.toZonedDateTimeISO(timeZone).toPlainDate()

  if (schedule.recurrenceType === 1) {
    const first = startDay.add({ days: (isoDay(schedule.weeklyDay) - startDay.dayOfWeek + 7) % 7 })
    for (const day of daysEvery(7 * Math.max(1, count(schedule.weeklyRecurEvery)), first, fromDay)) yield atDay(day)
  } else if (schedule.recurrenceType === 2) {
    for (const day of monthlyDays(schedule, startDay, fromDay)) yield atDay(day)
  } else {
    yield* everyDaysAndMinutes(schedule, start, startDay, from, atDay)
  }
}

/** What the API takes for a count or a number of days, months or minutes; anything else is none. */
function count(value: number): number {
  return Number.isSafeInteger(value) && value > 0 && value < 2 ** 31 ? value : 0
}

/** Temporal's day of the week, 1 Monday … 7 Sunday, of .NET's, 0 Sunday … 6 Saturday. */
function isoDay(day: number): number {
  return count(day) % 7 || 7
}

function* daysEvery(
  interval: number,
  first: Temporal.PlainDate,
  from: Temporal.PlainDate,
): Generator<Temporal.PlainDate> {
  const passed = first.until(from, { largestUnit: 'day' }).days
  for (let k = Math.max(0, Math.floor(passed / interval) - 1); k * interval <= daysOfCalendar; k += 1) {
    const day = first.add({ days: k * interval })
    if (Temporal.PlainDate.compare(day, lastDay) >= 0) return
    yield day
  }
}

function* monthlyDays(
  schedule: Schedule,
  startDay: Temporal.PlainDate,
  from: Temporal.PlainDate,
): Generator<Temporal.PlainDate> {
  const interval = Math.max(1, count(schedule.monthlyRecurEvery))
  const firstOfStart = startDay.with({ day: 1 })
  const passed = firstOfStart.until(from, { largestUnit: 'month' }).months
  for (let k = Math.max(0, Math.floor(passed / interval) - 1); k * interval <= monthsOfCalendar; k += 1) {
    const month = firstOfStart.add({ months: k * interval })
    if (Temporal.PlainDate.compare(month, lastDay) > 0) return
    const day = schedule.monthlyIsByOrdinalDay
      ? ordinalDay(month, schedule.monthlyOrdinalDay, schedule.monthlyDayOfTheWeek)
      : month.with({ day: count(schedule.monthlyDay) || startDay.day }, { overflow: 'constrain' })
    if (Temporal.PlainDate.compare(day, startDay) >= 0 && Temporal.PlainDate.compare(day, lastDay) < 0) yield day
  }
}

function ordinalDay(firstOfMonth: Temporal.PlainDate, ordinal: number, dayOfTheWeek: number): Temporal.PlainDate {
  const first = firstOfMonth.add({ days: (isoDay(dayOfTheWeek) - firstOfMonth.dayOfWeek + 7) % 7 })
  if (count(ordinal) < 4) return first.add({ weeks: count(ordinal) })
  const fifth = first.add({ weeks: 4 })
  return fifth.month === firstOfMonth.month ? fifth : first.add({ weeks: 3 })
}

function* everyDaysAndMinutes(
  schedule: Schedule,
  start: Temporal.Instant,
  startDay: Temporal.PlainDate,
  from: Temporal.Instant,
  atDay: (day: Temporal.PlainDate) => Temporal.Instant,
): Generator<Temporal.Instant> {
  const minutes = count(schedule.repeatMinutes)
  const days = count(schedule.repeatDays) || (minutes === 0 ? 1 : 0)
  const intervalMs = (days * 1440 + minutes) * 60_000
  const passedMs = from.epochMilliseconds - start.epochMilliseconds
  // Zones never move a local time by more than a day, so three intervals are margin enough when there are whole days.
  for (
    let k = Math.max(0, Math.floor(passedMs / intervalMs) - 3);
    k * intervalMs <= daysOfCalendar * 86_400_000;
    k += 1
  ) {
    const day = startDay.add({ days: k * days })
    if (Temporal.PlainDate.compare(day, lastDay) >= 0) return
    const instant = atDay(day).add({ milliseconds: k * minutes * 60_000 })
    if (instant.epochMilliseconds >= endOfCalendarMs) return
    yield instant
  }
}

const endOfCalendarMs = Date.UTC(9999, 11, 31)
