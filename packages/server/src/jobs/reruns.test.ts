import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Temporal } from 'temporal-polyfill'
import { nextRerun } from './reruns.ts'

const rows: readonly [
  what: string,
  now: string,
  days: number,
  period: number,
  dueAt: string,
  untilAt: string | null,
][] = [
  ['days are local', '2026-03-28T12:00:00+01:00', 1, 2, '2026-03-29T10:00:00Z', '2026-03-30T10:00:00Z'],
  [
    'of a local time that comes twice the first counts',
    '2026-10-24T02:30:00+02:00',
    1,
    2,
    '2026-10-25T00:30:00Z',
    '2026-10-26T01:30:00Z',
  ],
  [
    'so it does at the end of the period',
    '2026-10-23T02:30:00+02:00',
    1,
    2,
    '2026-10-24T00:30:00Z',
    '2026-10-25T00:30:00Z',
  ],
  [
    'a local time that is skipped is read as if the clock had not been changed',
    '2026-03-28T02:30:00+01:00',
    1,
    1,
    '2026-03-29T01:30:00Z',
    '2026-03-29T01:30:00Z',
  ],
  [
    'the period may be open, and milliseconds are enough',
    '2026-06-01T00:00:00.123456Z',
    3,
    0,
    '2026-06-04T00:00:00.123Z',
    null,
  ],
]
for (const [what, now, days, period, dueAt, untilAt] of rows) {
  test(`a rerun: ${what}`, () => {
    const plan = nextRerun(
      { subScheduleRepeatDays: days, subScheduleRepeatPeriodDays: period },
      { now: Temporal.Instant.from(now), timeZone: 'Europe/Berlin', rerun: null },
    )
    assert.deepEqual([plan?.dueAt.toString(), plan?.untilAt?.toString() ?? null], [dueAt, untilAt])
  })
}

test('a rerun of a rerun keeps the period, and there is none after it', () => {
  const timeZone = 'Europe/Berlin'
  const schedule = { subScheduleRepeatDays: 2, subScheduleRepeatPeriodDays: 3 }
  const rerun = { until: '2026-06-04T00:00:00Z' }
  const kept = nextRerun(schedule, { now: Temporal.Instant.from('2026-06-02T00:00:00Z'), timeZone, rerun })
  assert.deepEqual([kept?.dueAt.toString(), kept?.untilAt?.toString()], [rerun.until, rerun.until])
  const past = nextRerun(schedule, { now: Temporal.Instant.from('2026-06-02T00:00:01Z'), timeZone, rerun })
  assert.equal(past, undefined)
})
