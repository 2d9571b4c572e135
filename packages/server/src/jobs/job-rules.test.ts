import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Temporal } from 'temporal-polyfill'
import { emptyJob, emptyNotification, emptySchedule } from './job-definition.ts'
import type { JobChanges } from './job-definition.ts'
import { findBadAddresses, findMissing, findRangeProblems, limits } from './job-rules.ts'
import { slowness } from '../../../collect/src/testing/slowness.ts'

const schedule = emptySchedule(Temporal.Instant.from('2026-11-24T03:00:00Z'))

describe('ranges', () => {
  const edges: readonly [member: string, least: number, most: number, changes: (value: number) => JobChanges][] = [
    ['incrementalPeriod', 1, 1000, (value) => ({ incrementalPeriod: value })],
    ['collectionOnlyTimeOutHours', 0, 1000, (value) => ({ collectionOnlyTimeOutHours: value })],
    ['collectionOnlyTimeOutMins', 0, 59, (value) => ({ collectionOnlyTimeOutMins: value })],
    ['schedule.recurrenceType', 0, 2, (value) => ({ schedule: { ...schedule, recurrenceType: value } })],
    ['schedule.weeklyDay', 0, 6, (value) => ({ schedule: { ...schedule, weeklyDay: value } })],
    ['schedule.monthlyDay', 0, 31, (value) => ({ schedule: { ...schedule, monthlyDay: value } })],
    ['schedule.monthlyOrdinalDay', 0, 4, (value) => ({ schedule: { ...schedule, monthlyOrdinalDay: value } })],
    ['schedule.monthlyDayOfTheWeek', 0, 6, (value) => ({ schedule: { ...schedule, monthlyDayOfTheWeek: value } })],
  ]
  for (const [member, least, most, changes] of edges) {
    test(`${member} is from ${least} to ${most}`, () => {
      assert.deepEqual(findRangeProblems(changes(least)), [])
      assert.deepEqual(findRangeProblems(changes(most)), [])
      const allowed = `an integer from ${least} to ${most}`
      assert.deepEqual(findRangeProblems(changes(least - 1)), [{ member, value: least - 1, allowed }])
      assert.deepEqual(findRangeProblems(changes(most + 1)), [{ member, value: most + 1, allowed }])
    })
  }

  test('other numbers of a schedule are not negative', () => {
    assert.deepEqual(findRangeProblems({ schedule: { ...schedule, repeatDays: 2 ** 31 - 1 } }), [])
    assert.deepEqual(findRangeProblems({ schedule: { ...schedule, repeatDays: -1 } }), [
      { member: 'schedule.repeatDays', value: -1, allowed: 'an integer of at least 0' },
    ])
  })

  test('a name is not blank and not too long', () => {
    const problemsOf = (jobName: string) => findRangeProblems({ jobName }).map(({ allowed }) => allowed)
    assert.deepEqual(problemsOf(' \t'), ['a name that is not blank'])
    assert.deepEqual(problemsOf('x'.repeat(limits.jobName)), [])
    assert.deepEqual(problemsOf('x'.repeat(limits.jobName + 1)), ['a text of at most 255 characters'])
  })
})

describe('notifications', () => {
  const whole = { toEmailAddress: 'a@b; "C, D" <c@d>', fromEmailAddress: 'e@f', subject: 's', body: 'b' }
  const on = { ...emptyJob, shouldSendSuccessNotification: true }

  test('an object is needed when its flag is on', () => {
    assert.deepEqual(findMissing(emptyJob), [])
    assert.deepEqual(findMissing(on), [
      {
        member: 'successNotification',
        value: null,
        allowed: 'a notification, because ShouldSendSuccessNotification is true',
      },
    ])
    assert.deepEqual(findMissing({ ...on, successNotification: whole }), [])
  })

  test('all four members are needed when the flag is on', () => {
    const members = findMissing({ ...on, successNotification: emptyNotification }).map(({ member }) => member)
    assert.deepEqual(members, [
      'successNotification.toEmailAddress',
      'successNotification.fromEmailAddress',
      'successNotification.subject',
      'successNotification.body',
    ])
    assert.deepEqual(findMissing({ ...emptyJob, successNotification: emptyNotification }), [])
  })

  const addresses: readonly [to: string, bad: readonly string[]][] = [
    ['a@b', []],
    ['a@b.example;c@d.example,e@f.example;', []],
    ['Operations <ops@example.org>, "Smith; John" <j@example.org>', []],
    ['a@b, nobody', ['nobody']],
    ['a@b\r\nBcc: c@d', ['a@b\r\nBcc: c@d']],
    ['a@b@c', ['a@b@c']],
    ['; ,', ['; ,']],
    ['<a@b', ['<a@b']],
  ]
  for (const [toEmailAddress, bad] of addresses) {
    test(`of the recipients ${JSON.stringify(toEmailAddress)}, bad are ${JSON.stringify(bad)}`, () => {
      const problems = findBadAddresses({ ...on, successNotification: { ...whole, toEmailAddress } })
      assert.deepEqual(
        problems.map(({ value }) => value),
        bad,
      )
    })
  }

  test('there is one sender', () => {
    const two = { ...on, successNotification: { ...whole, fromEmailAddress: 'a@b, c@d' } }
    assert.deepEqual(
      findBadAddresses(two).map(({ allowed }) => allowed),
      ['one e-mail address'],
    )
  })

  test('addresses of a notification that is off are not looked at', () => {
    assert.deepEqual(findBadAddresses({ ...emptyJob, successNotification: emptyNotification }), [])
  })

  test('hostile lists are split in linear time, or nearly', () => {
    for (const toEmailAddress of ['"\\'.repeat(2000), '<'.repeat(4000), '"'.repeat(3999), '\\"'.repeat(2000)]) {
      const began = performance.now()
      findBadAddresses({ ...on, successNotification: { ...whole, toEmailAddress } })
      assert.ok(performance.now() - began < 1000 * slowness())
    }
  })
})
