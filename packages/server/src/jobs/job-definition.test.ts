import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Temporal } from 'temporal-polyfill'
import {
  applyChanges,
  collectionLimitMs,
  emptyJob,
  emptySchedule,
  jobRunLimitMs,
  parseJobType,
} from './job-definition.ts'
import type { JobChanges, JobMembers } from './job-definition.ts'

const now = Temporal.Instant.from('2026-11-24T03:00:00Z')

const stored: JobMembers = {
  ...emptyJob,
  jobName: 'Nightly',
  jobDescription: 'before',
  standards: ['a', 'b'],
  schedule: { ...emptySchedule(now), runPeriodically: true, repeatDays: 7 },
}

test('what is sent replaces what is stored, whole, and the rest is left alone', () => {
  const schedule = { ...emptySchedule(now), runNow: true }
  assert.deepEqual(applyChanges(stored, { jobDescription: 'after', standards: ['c'], schedule }), {
    ...stored,
    jobDescription: 'after',
    standards: ['c'],
    schedule,
  })
})

test('nothing sent changes nothing', () => {
  assert.deepEqual(applyChanges(stored, {}), stored)
})

describe('IsIncremental and IncrementalPeriod', () => {
  const on = { ...stored, isIncremental: true, incrementalPeriod: 30 }
  const rows: readonly [before: JobMembers, sent: JobChanges, isIncremental: boolean, incrementalPeriod: number][] = [
    [stored, { incrementalPeriod: 5 }, true, 5],
    [stored, { incrementalPeriod: 5, isIncremental: true }, true, 5],
    [on, { incrementalPeriod: 5, isIncremental: false }, false, 5],
    [on, {}, true, 30],
    [stored, {}, false, 1],
    [on, { isIncremental: true }, true, 1],
    [on, { isIncremental: false }, false, 1],
  ]
  for (const [before, sent, isIncremental, incrementalPeriod] of rows) {
    const was = `${before.isIncremental}/${before.incrementalPeriod}`
    test(`${was} with ${JSON.stringify(sent)} becomes ${isIncremental}/${incrementalPeriod}`, () => {
      assert.deepEqual(applyChanges(before, sent), { ...before, isIncremental, incrementalPeriod })
    })
  }
})

test('the collection phase has no limit at 0 h 0 min', () => {
  const type = 'CollectionEvaluationJob'
  assert.equal(collectionLimitMs({ type, definition: emptyJob }), undefined)
  const definition = { ...emptyJob, collectionOnlyTimeOutHours: 2, collectionOnlyTimeOutMins: 30 }
  assert.equal(collectionLimitMs({ type, definition }), 9_000_000)
})

test('the collection phase of a job that does nothing else has no limit', () => {
  const definition = { ...emptyJob, collectionOnlyTimeOutMins: 1 }
  assert.equal(collectionLimitMs({ type: 'DataCollectionJob', definition }), undefined)
})

test('a run is limited by its schedule', () => {
  assert.equal(jobRunLimitMs(emptyJob), undefined)
  const schedule = { ...emptySchedule(now), endJobRunConfigured: true, endJobRunTimeInterval: '1.00:00:00' }
  assert.equal(jobRunLimitMs({ ...emptyJob, schedule }), 86_400_000)
})

test('a data collection job has two names', () => {
  assert.equal(parseJobType('CollectionJob'), 'DataCollectionJob')
  assert.equal(parseJobType('datacollectionjob'), 'DataCollectionJob')
  assert.equal(parseJobType('ProductionDataPurgeJob'), undefined)
})
