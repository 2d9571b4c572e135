import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Temporal } from 'temporal-polyfill'
import { emptySchedule } from '../../packages/server/src/jobs/job-definition.ts'
import { holdRepeating } from './repeating.ts'

const schedule = {
  ...emptySchedule(Temporal.Instant.from('2026-01-01T00:00:00Z')),
  runPeriodically: true,
  repeatMinutes: 1,
}
const at = (time: string): string => `2026-01-01T00:${time}Z`
const until = Date.parse(at('10:00'))

test('every occurrence has its run, was skipped and told, or was past when the one before it was started', () => {
  const dispatches = [
    { dueAt: at('01:00'), at: at('01:01') },
    { dueAt: at('02:00'), at: at('05:30') },
    { dueAt: at('06:00'), at: at('07:02'), skippedTo: at('07:00') },
    { dueAt: at('08:00'), at: at('08:01') },
    { dueAt: at('09:00'), at: at('09:01') },
  ]
  assert.deepEqual(holdRepeating(schedule, 'UTC', dispatches, until), {
    counts: { due: 9, run: 4, skipped: 2, caughtUp: 3 },
    violations: [],
  })
})

test('skipped ones that are not told, or told and not skipped, are told', () => {
  const told = (skippedTo: string): readonly string[] =>
    holdRepeating(schedule, 'UTC', [{ dueAt: at('06:00'), at: at('08:30'), skippedTo }], Date.parse(at('09:00')))
      .violations
  assert.deepEqual(told(at('08:00')), [])
  const ahead = [{ dueAt: at('06:00'), at: at('08:30'), skippedTo: at('08:00') }]
  assert.deepEqual(holdRepeating(schedule, 'UTC', ahead, Date.parse(at('06:30'))), {
    counts: { due: 3, run: 0, skipped: 3, caughtUp: 0 },
    violations: [],
  })
  for (const wrong of [at('07:00'), at('09:00')]) {
    assert.deepEqual(told(wrong), [
      `${at('06:00')} was skipped with all up to ${at('08:00').replace('Z', '.000Z')}; told are those to ${wrong}`,
    ])
  }
})

test('one without a run, one with two, and one that is none are told', () => {
  const told = (...dispatches: { dueAt: string; at: string }[]): readonly string[] =>
    holdRepeating(schedule, 'UTC', dispatches, Date.parse(at('04:00'))).violations
  const first = { dueAt: at('01:00'), at: at('01:01') }
  const third = { dueAt: at('03:00'), at: at('03:01') }
  const second = { dueAt: at('02:00'), at: at('02:01') }
  assert.deepEqual(told(first, third), [
    `${at('02:00').replace('Z', '.000Z')} has no run; the one before it was dealt with at ${at('01:01')}`,
  ])
  assert.deepEqual(told(first, second), [
    `${at('03:00').replace('Z', '.000Z')} has no run; the one before it was dealt with at ${at('02:01')}`,
  ])
  assert.deepEqual(told(first, second, second, third), [`${at('02:00')} was dispatched twice`])
  assert.deepEqual(told(first, second, third, { dueAt: at('03:20'), at: at('03:21') }), [
    `${at('03:20')} is no occurrence`,
  ])
})
