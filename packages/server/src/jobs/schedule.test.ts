import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { RRuleTemporal } from 'rrule-temporal'
import { Temporal } from 'temporal-polyfill'
import { lastOccurrence, nextOccurrences, occurrences, parseStartDate, parseTimeSpan, runLimitMs } from './schedule.ts'
import type { Schedule } from './schedule.ts'

const nothing: Schedule = {
  runNow: false,
  runPeriodically: true,
  startDate: '2026-01-01T00:00:00Z',
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

const page = readFileSync(join(import.meta.dirname, '../../../../docs/schedules.md'), 'utf8')
const [, , ...handWorked] = page
  .slice(page.indexOf('| Case |'))
  .split('\n')
  .filter((line) => line.startsWith('|'))
  .map((line) => line.split('|').map((cell) => cell.trim()))

describe('occurrences worked by hand (docs/schedules.md)', () => {
  assert.ok(handWorked.length > 20, 'the table was not found')
  for (const [, name = '', timeZone = '', startDate = '', members = '', from = '', expected = ''] of handWorked) {
    test(name, () => {
      const schedule = { ...nothing, startDate, ...membersOf(members) }
      const list = expected === '' ? [] : expected.split(', ')
      const begin = parseStartDate(from === '' ? startDate : from, timeZone)
      assert.ok(begin)
      const found = occurrences(schedule, timeZone, floorMs(begin), Math.max(1, list.length))
      assert.deepEqual(
        found.map((instant) =>
          instant.toZonedDateTimeISO(timeZone).toString({ smallestUnit: 'minute', timeZoneName: 'never' }),
        ),
        list,
      )
    })
  }
})

test('a schedule that is not periodic has no occurrences', () => {
  const schedule = { ...nothing, runPeriodically: false, runNow: true, runOnce: true, runEveryNDays: true }
  assert.deepEqual(occurrences(schedule, 'UTC', Temporal.Instant.fromEpochMilliseconds(0), 10), [])
})

test('an occurrence is at or after from, and the next ones after it', () => {
  const schedule = { ...nothing, repeatDays: 1 }
  const start = Temporal.Instant.from('2026-01-01T00:00:00Z')
  assert.equal(String(occurrences(schedule, 'UTC', start, 1)), '2026-01-01T00:00:00Z')
  assert.equal(String(nextOccurrences(schedule, 'UTC', start, 1)), '2026-01-02T00:00:00Z')
})

test('the last occurrence is at or before a time, and there is none before the start', () => {
  const schedule = { ...nothing, repeatDays: 1 }
  const last = (until: string): string => String(lastOccurrence(schedule, 'UTC', Temporal.Instant.from(until)))
  assert.equal(last('2026-01-03T00:00:00Z'), '2026-01-03T00:00:00Z')
  assert.equal(last('2026-01-02T23:59:59Z'), '2026-01-02T00:00:00Z')
  assert.equal(last('2025-12-31T23:59:59Z'), 'undefined')
})

test('a schedule ends with the calendar', () => {
  const late = { ...nothing, startDate: '9999-12-29T00:00:00Z', repeatDays: 1 }
  assert.equal(occurrences(late, 'UTC', Temporal.Instant.from('2026-01-01T00:00:00Z'), 10).length, 2)
  const rare = { ...nothing, repeatDays: 2 ** 31 - 1 }
  assert.equal(occurrences(rare, 'UTC', Temporal.Instant.from('2026-01-01T00:00:00Z'), 10).length, 1)
})

describe('StartDate', () => {
  const forms: readonly [text: string, instant: string | undefined][] = [
    ['2018-11-18T02:14:27.5120788-08:00', '2018-11-18T10:14:27.5120788Z'],
    ['2018-11-18T02:14:27Z', '2018-11-18T02:14:27Z'],
    ['2018-11-18t02:14:27z', '2018-11-18T02:14:27Z'],
    ['2018-11-18 02:14', '2018-11-18T01:14:00Z'],
    ['2018-11-18', '2018-11-17T23:00:00Z'],
    ['2018-11-18T02:14:27+0530', '2018-11-17T20:44:27Z'],
    ['0001-01-01T00:00:00+00:00', '0001-01-01T00:00:00Z'],
    ['9999-12-31T23:59:59.9999999Z', '9999-12-31T23:59:59.9999999Z'],
    ['2018-02-30', undefined],
    ['2018-13-01', undefined],
    ['0000-01-01', undefined],
    ['2018-11-18T24:00:00Z', undefined],
    ['2018-11-18T02:14:60Z', undefined],
    ['2018-11-18T02:14:27+15:00', undefined],
    ['2018-11-18T02:14:27Z[Europe/Berlin]', undefined],
    ['18.11.2018', undefined],
    ['1542507267', undefined],
    ['', undefined],
  ]
  for (const [text, instant] of forms) {
    test(`"${text}" is ${instant ?? 'no date'}`, () => {
      assert.equal(parseStartDate(text, 'Europe/Berlin')?.toString(), instant)
    })
  }
})

describe('TimeSpan', () => {
  const forms: readonly [text: string, ms: number | undefined][] = [
    ['00:00:00', 0],
    ['01:02:03', 3_723_000],
    ['1.02:03:04.5', 93_784_500],
    ['00:00:00.1234567', 123],
    ['10675199.00:00:00', 922_337_193_600_000],
    ['24:00:00', undefined],
    ['00:60:00', undefined],
    ['-01:00:00', undefined],
    ['01:00', undefined],
    ['1', undefined],
    ['', undefined],
    ['00:00:00.12345678', undefined],
  ]
  for (const [text, ms] of forms) test(`"${text}" is ${ms ?? 'none'}`, () => assert.equal(parseTimeSpan(text), ms))

  test('limits a run only when configured, and when it is more than nothing', () => {
    const interval = { ...nothing, endJobRunTimeInterval: '00:30:00' }
    assert.equal(runLimitMs(interval), undefined)
    assert.equal(runLimitMs({ ...interval, endJobRunConfigured: true }), 1_800_000)
    assert.equal(runLimitMs({ ...nothing, endJobRunConfigured: true }), undefined)
  })
})

const numRuns = Number(process.env['PROPERTY_RUNS'] ?? 400)
const zones = [
  'Europe/Berlin',
  'America/New_York',
  'America/St_Johns',
  'America/Sao_Paulo',
  'Europe/Dublin',
  'Asia/Tehran',
  'Asia/Kolkata',
  'Australia/Lord_Howe',
  'Pacific/Chatham',
  'America/Santiago',
] as const
const zone = fc.constantFrom(...zones)
// Samoa left out a day, which moves days but not local times; the referee knows Morocco's zone badly.
const anyZone = fc.constantFrom(...zones, 'Pacific/Apia', 'Africa/Casablanca')
const localTime = fc
  .record({
    days: fc.integer({ min: 0, max: 30 * 365 }),
    // Transitions happen in the small hours, so most starts lie there.
    minutes: fc.oneof(fc.integer({ min: 0, max: 5 * 60 }), fc.integer({ min: 0, max: 1439 })),
  })
  .map((offset) => Temporal.PlainDateTime.from('2000-01-01').add(offset))

describe('held against an independent RRULE library, over ten zones and thirty years', () => {
  const rules: fc.Arbitrary<{ members: Partial<Schedule>; rule: RefereeRule }> = fc.oneof(
    fc.integer({ min: 1, max: 60 }).map((days) => ({
      members: { recurrenceType: 0, repeatDays: days },
      rule: { freq: 'DAILY' as const, interval: days },
    })),
    fc.record({ weeks: fc.integer({ min: 1, max: 9 }), day: fc.integer({ min: 0, max: 6 }) }).map(({ weeks, day }) => ({
      members: { recurrenceType: 1, weeklyRecurEvery: weeks, weeklyDay: day },
      rule: { freq: 'WEEKLY' as const, interval: weeks, byDay: [dayNames[day] ?? ''] },
    })),
    fc
      .record({ months: fc.integer({ min: 1, max: 14 }), day: fc.integer({ min: 1, max: 31 }) })
      .map(({ months, day }) => ({
        members: { recurrenceType: 2, monthlyRecurEvery: months, monthlyDay: day },
        rule: {
          freq: 'MONTHLY' as const,
          interval: months,
          // The day, or the last one of a month that is shorter.
          byMonthDay: Array.from({ length: day - Math.min(day, 28) + 1 }, (_, index) => Math.min(day, 28) + index),
          bySetPos: [-1],
        },
      })),
    fc
      .record({
        months: fc.integer({ min: 1, max: 14 }),
        ordinal: fc.integer({ min: 0, max: 4 }),
        day: fc.integer({ min: 0, max: 6 }),
      })
      .map(({ months, ordinal, day }) => ({
        members: {
          recurrenceType: 2,
          monthlyRecurEvery: months,
          monthlyIsByOrdinalDay: true,
          monthlyOrdinalDay: ordinal,
          monthlyDayOfTheWeek: day,
        },
        rule: {
          freq: 'MONTHLY' as const,
          interval: months,
          byDay: [`${ordinal === 4 ? '-1' : `+${ordinal + 1}`}${dayNames[day]}`],
        },
      })),
  )

  test('the same instants, but for skipped local times, which that library leaves out', () => {
    fc.assert(
      fc.property(zone, localTime, rules, (timeZone, local, { members, rule }) => {
        const start = local.toZonedDateTime(timeZone)
        const startDate = start.toInstant().toString()
        const keepsTime = (one: Temporal.ZonedDateTime): boolean => one.toPlainTime().equals(start.toPlainTime())
        const all = occurrences({ ...nothing, startDate, ...members }, timeZone, start.toInstant(), 12).map((instant) =>
          instant.toZonedDateTimeISO(timeZone),
        )
        // The referee cannot begin to count at a time that does not exist.
        fc.pre(all[0] === undefined || keepsTime(all[0]))
        const found = all.filter(keepsTime)
        const last = found.at(-1)
        if (last === undefined) return
        // Where day 29 to 31 is skipped, the referee takes the day before it for the month's last.
        const skipped = new Set(
          all
            .filter((one) => !keepsTime(one))
            .map(String)
            .map(monthOf),
        )
        const expected = referee(rule, start, last).filter(
          (one) => keepsTime(one) && !(rule.freq === 'MONTHLY' && skipped.has(monthOf(String(one)))),
        )
        assert.deepEqual(found.map(String), expected.map(String))
      }),
      { numRuns },
    )
  })

  test('the same instants of every so many minutes, which are elapsed time in any zone', () => {
    fc.assert(
      fc.property(zone, localTime, fc.integer({ min: 1, max: 3000 }), (timeZone, local, repeatMinutes) => {
        const dtstart = local.toZonedDateTime(timeZone)
        const startDate = dtstart.toInstant().toString()
        const rule = new RRuleTemporal({
          freq: 'MINUTELY',
          interval: repeatMinutes,
          count: 12,
          dtstart,
          tzid: timeZone,
          temporal: Temporal,
        })
        assert.deepEqual(
          occurrences({ ...nothing, startDate, repeatMinutes }, timeZone, dtstart.toInstant(), 12).map(String),
          rule.all().map((one) => one.toInstant().toString()),
        )
      }),
      { numRuns: Math.ceil(numRuns / 4) },
    )
  })

  test('the same days of days and minutes together in any zone, and so many elapsed minutes after each', () => {
    const days = fc.integer({ min: 1, max: 40 })
    const minutes = fc.integer({ min: 1, max: 2000 })
    let compared = 0
    fc.assert(
      fc.property(zone, localTime, days, minutes, (timeZone, local, repeatDays, repeatMinutes) => {
        const dtstart = local.toZonedDateTime(timeZone)
        // The referee cannot begin to count at a time that does not exist, and leaves those out that come later.
        fc.pre(dtstart.toPlainDateTime().equals(local))
        const rule = new RRuleTemporal({
          freq: 'DAILY',
          interval: repeatDays,
          count: 12,
          dtstart,
          tzid: timeZone,
          temporal: Temporal,
        })
        const byDay = new Map(rule.all().map((one) => [one.toPlainDate().toString(), one.toInstant()]))
        const startDate = dtstart.toInstant().toString()
        const found = occurrences(
          { ...nothing, startDate, repeatDays, repeatMinutes },
          timeZone,
          dtstart.toInstant(),
          12,
        )
        for (const [k, instant] of found.entries()) {
          const day = byDay.get(
            local
              .toPlainDate()
              .add({ days: k * repeatDays })
              .toString(),
          )
          if (day === undefined) continue
          assert.equal(String(instant), String(day.add({ minutes: k * repeatMinutes })))
          compared += 1
        }
      }),
      { numRuns },
    )
    assert.ok(compared > 11 * numRuns, 'nearly every occurrence has a referee')
  })

  test('the same instants of days and minutes together, where a day is always 24 hours', () => {
    const days = fc.integer({ min: 1, max: 40 })
    const minutes = fc.integer({ min: 1, max: 2000 })
    fc.assert(
      fc.property(localTime, days, minutes, (local, repeatDays, repeatMinutes) => {
        const dtstart = local.toZonedDateTime('UTC')
        const startDate = dtstart.toInstant().toString()
        const interval = repeatDays * 1440 + repeatMinutes
        const rule = new RRuleTemporal({
          freq: 'MINUTELY',
          interval,
          count: 12,
          dtstart,
          tzid: 'UTC',
          temporal: Temporal,
        })
        assert.deepEqual(
          occurrences({ ...nothing, startDate, repeatDays, repeatMinutes }, 'UTC', dtstart.toInstant(), 12).map(String),
          rule.all().map((one) => one.toInstant().toString()),
        )
      }),
      { numRuns: Math.ceil(numRuns / 4) },
    )
  })
})

test('any schedule from any instant: in order, not before it, and the same list from wherever it is begun', () => {
  const schedule = fc.record({
    recurrenceType: fc.constantFrom(0, 0, 1, 2),
    repeatDays: fc.oneof(fc.integer({ min: 0, max: 3 }), fc.nat(2 ** 31 - 1)),
    repeatMinutes: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 3000 }), fc.nat(2 ** 31 - 1)),
    weeklyRecurEvery: fc.oneof(fc.integer({ min: 0, max: 3 }), fc.nat(2 ** 31 - 1)),
    weeklyDay: fc.integer({ min: 0, max: 6 }),
    monthlyRecurEvery: fc.oneof(fc.integer({ min: 0, max: 13 }), fc.nat(2 ** 31 - 1)),
    monthlyIsByOrdinalDay: fc.boolean(),
    monthlyDay: fc.integer({ min: 0, max: 31 }),
    monthlyOrdinalDay: fc.integer({ min: 0, max: 4 }),
    monthlyDayOfTheWeek: fc.integer({ min: 0, max: 6 }),
  })
  fc.assert(
    fc.property(anyZone, localTime, localTime, schedule, (timeZone, local, beginning, members) => {
      const start = local.toZonedDateTime(timeZone).toInstant()
      const from = beginning.toZonedDateTime(timeZone).toInstant()
      const whole = { ...nothing, startDate: start.toString(), ...members }
      const list = occurrences(whole, timeZone, from, 8)
      let previous = from.subtract({ nanoseconds: 1 })
      for (const [index, instant] of list.entries()) {
        assert.ok(Temporal.Instant.compare(instant, previous) > 0)
        assert.ok(Temporal.Instant.compare(instant, start) >= 0)
        assert.deepEqual(
          nextOccurrences(whole, timeZone, instant, 7 - index).map(String),
          list.slice(index + 1).map(String),
        )
        assert.equal(String(lastOccurrence(whole, timeZone, instant)), String(instant))
        if (index > 0) {
          const justBefore = instant.subtract({ nanoseconds: 1 })
          assert.equal(String(lastOccurrence(whole, timeZone, justBefore)), String(previous))
        }
        previous = instant
      }
    }),
    { numRuns },
  )
})

test('any numbers whatever, from any instant of the calendar: an answer, and at once', () => {
  const number = fc.oneof(fc.integer(), fc.double(), fc.constantFrom(0, 1, 4, 6, 31, 2 ** 31 - 1, 2 ** 53, -1))
  const edges = ['0001-01-01T00:00:00Z', '9999-12-31T23:59:59.9999999Z', '9999-12-31', '2026-03-29T02:30:00', 'no date']
  const schedule = fc.record({
    startDate: fc.constantFrom(...edges),
    runOnce: fc.boolean(),
    recurrenceType: number,
    repeatDays: number,
    repeatMinutes: number,
    weeklyRecurEvery: number,
    weeklyDay: number,
    monthlyRecurEvery: number,
    monthlyIsByOrdinalDay: fc.boolean(),
    monthlyDay: number,
    monthlyOrdinalDay: number,
    monthlyDayOfTheWeek: number,
  })
  const from = fc
    .integer({ min: Date.parse('0001-01-01'), max: Date.parse('9999-12-31') })
    .map((ms) => Temporal.Instant.fromEpochMilliseconds(ms))
  fc.assert(
    fc.property(anyZone, from, schedule, (timeZone, beginning, members) => {
      const list = occurrences({ ...nothing, ...members }, timeZone, beginning, 10)
      for (const instant of list) {
        assert.ok(Temporal.Instant.compare(instant, beginning) >= 0)
        assert.match(instant.toString(), /^\d{4}-/)
      }
    }),
    { numRuns, interruptAfterTimeLimit: 20_000, markInterruptAsFailure: true },
  )
})

test('minutes are elapsed time in every zone', () => {
  fc.assert(
    fc.property(anyZone, localTime, fc.integer({ min: 1, max: 5000 }), (timeZone, local, repeatMinutes) => {
      const start = local.toZonedDateTime(timeZone).toInstant()
      const list = occurrences({ ...nothing, startDate: start.toString(), repeatMinutes }, timeZone, start, 5)
      assert.deepEqual(
        list.map(String),
        [0, 1, 2, 3, 4].map((k) => start.add({ minutes: k * repeatMinutes }).toString()),
      )
    }),
    { numRuns: 100 },
  )
})

interface RefereeRule {
  readonly freq: 'DAILY' | 'WEEKLY' | 'MONTHLY'
  readonly interval: number
  readonly byDay?: string[]
  readonly byMonthDay?: number[]
  readonly bySetPos?: number[]
}

const monthOf = (date: string): string => date.slice(0, 'yyyy-mm'.length)
const dayNames = ['SU', 'MO', 'TU', 'WE', 'TH', 'FR', 'SA']

/** RFC 5545 counts weeks from the week of its start, we from the first day that matches: so the referee starts there. */
function referee(
  rule: RefereeRule,
  start: Temporal.ZonedDateTime,
  last: Temporal.ZonedDateTime,
): Temporal.ZonedDateTime[] {
  const common = { ...rule, tzid: start.timeZoneId, temporal: Temporal }
  const [first = start] =
    rule.freq === 'WEEKLY' ? new RRuleTemporal({ ...common, interval: 1, count: 1, dtstart: start }).all() : []
  return new RRuleTemporal({ ...common, dtstart: first, until: last.toInstant().toZonedDateTimeISO('UTC') }).all()
}

function membersOf(text: string): Partial<Schedule> {
  const pairs = text === '' ? [] : text.split(' ').map((pair) => pair.split('='))
  return Object.fromEntries(
    pairs.map(([name = '', value = '']) => [
      `${name[0]?.toLowerCase() ?? ''}${name.slice(1)}`,
      value === 'true' ? true : Number(value),
    ]),
  )
}

function floorMs(instant: Temporal.Instant): Temporal.Instant {
  return Temporal.Instant.fromEpochMilliseconds(instant.epochMilliseconds)
}
