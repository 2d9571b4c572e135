import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Database } from '../packages/server/src/db/database.ts'
import { describeOnBothDatabases } from '../packages/server/src/db/testing.ts'
import { findBadAddresses, findMissing, findRangeProblems } from '../packages/server/src/jobs/job-rules.ts'
import { detailsOf } from '../packages/server/src/routes/jobs/job-wire.ts'
import {
  addWorld,
  bothFolders,
  everything,
  sixTasks,
  startTestApi,
  storeJobs,
} from '../packages/server/src/routes/jobs/testing.ts'
import type { TestApi } from '../packages/server/src/routes/jobs/testing.ts'
import { ids, storedDetails, storedSchedule } from '../packages/server/src/routes/jobs/update-job.facts.ts'
import { updateJob } from '../packages/server/src/routes/jobs/update-job.ts'
import { findJob } from '../packages/server/src/store/jobs.ts'

/*
 * Whatever is sent to Update Job, it is accepted or refused in the contract's words; a refusal changes nothing, and what
 * was accepted is a job that can be sent back. A failing seed is printed; give it as PROPERTY_SEED.
 */
const runs = Number(process.env['PROPERTY_RUNS'] ?? (process.env['CI'] === 'true' ? 2000 : 200))
const seed = Number(process.env['PROPERTY_SEED'] ?? Date.now() % 2 ** 31)

const mail = { ToEmailAddress: 'a@b', FromEmailAddress: 'c@d', Subject: 's', Body: 'b' }

/** Mostly what a database can hold. */
const words = fc.oneof(
  { weight: 9, arbitrary: fc.string({ unit: 'grapheme', maxLength: 300 }) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 300 }) },
)

/** Values that are often right; anything else comes from `fc.jsonValue`. */
const likely: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  AssetsResolutionInfo: fc.array(
    fc.record(
      { Id: fc.constantFrom(ids.asset, ids.asset, ids.otherAsset, ids.group, ids.group, ids.nothing), Type: words },
      { requiredKeys: [] },
    ),
    { maxLength: 3 },
  ),
  JobName: fc.oneof(fc.constantFrom('Nightly', 'Taken', 'taken', ''), words),
  JobDescription: words,
  Standards: fc.array(fc.constantFrom(ids.standard, ids.otherStandard.toUpperCase(), ids.standard, ids.nothing), {
    maxLength: 3,
  }),
  IsIncremental: fc.constantFrom(true, false, 'True', 'false'),
  IncrementalPeriod: fc.oneof(fc.integer({ min: -1, max: 1002 }), fc.constantFrom('7', 1e300, -0, 1.5)),
  CollectionOnlyTimeOutMins: fc.integer({ min: -1, max: 61 }),
  CollectionOnlyTimeOutHours: fc.integer({ min: -1, max: 1002 }),
  SuccessNotification: fc.constantFrom(mail, {}, { ...mail, ToEmailAddress: 'x' }, null),
  FailureNotification: fc.constantFrom(mail, {}, { ...mail, Body: ' ' }, null),
  ShouldSendSuccessNotification: fc.boolean(),
  ShouldSendFailureNotification: fc.constantFrom('true', 'False'),
  ShouldSynchronizeResults: fc.boolean(),
  Scripts: fc.constantFrom('refuse', 'default', 'allow'),
  UnknownHostKeys: fc.constantFrom('refuse', 'accept-new', 'default', 'ask'),
  Schedule: fc
    .record(
      {
        RunNow: fc.boolean(),
        RunPeriodically: fc.boolean(),
        StartDate: fc.oneof(
          fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
          fc.constantFrom(storedSchedule.StartDate, '0001-01-01T00:00:00', '9999-12-31T23:59:59.9999999-14:00'),
        ),
        RecurrenceType: fc.integer({ min: -1, max: 3 }),
        RepeatDays: fc.oneof(fc.nat(10), fc.nat(2 ** 31 - 1)),
        RepeatMinutes: fc.oneof(fc.nat(10), fc.nat(2 ** 31 - 1)),
        WeeklyDay: fc.nat(7),
        WeeklyRecurEvery: fc.nat(2 ** 31 - 1),
        MonthlyRecurEvery: fc.nat(2 ** 31 - 1),
        MonthlyDay: fc.nat(32),
        MonthlyIsByOrdinalDay: fc.boolean(),
        MonthlyOrdinalDay: fc.nat(5),
        MonthlyDayOfTheWeek: fc.nat(7),
        EndJobRunTimeInterval: fc.constantFrom('00:00:00', '1.00:00:00', '25:00:00'),
      },
      { requiredKeys: [] },
    )
    .filter((schedule) => Object.keys(schedule).length > 0),
}

const casing = fc.constantFrom(
  (name: string) => name,
  (name: string) => name,
  (name: string) => name.toLowerCase(),
  (name: string) => name.toUpperCase(),
)

const details = fc
  .array(
    fc.oneof(
      {
        weight: 18,
        arbitrary: fc
          .constantFrom(...Object.keys(likely))
          .chain((name) => fc.tuple(fc.constant(name), likely[name] ?? fc.jsonValue(), casing)),
      },
      { weight: 1, arbitrary: fc.tuple(fc.constantFrom(...Object.keys(likely)), fc.jsonValue(), casing) },
      { weight: 1, arbitrary: fc.tuple(fc.string({ unit: 'binary' }), fc.jsonValue(), casing) },
    ),
    { maxLength: 5 },
  )
  .map((members) => Object.fromEntries(members.map(([name, value, spell]) => [spell(name), value])))

const likelyBody = fc
  .tuple(
    fc.oneof(
      { weight: 8, arbitrary: fc.constantFrom<unknown>(ids.job, ids.job.toUpperCase()) },
      { weight: 1, arbitrary: fc.constantFrom<unknown>(ids.nothing, 'x', null) },
    ),
    fc.oneof({ weight: 8, arbitrary: details }, { weight: 1, arbitrary: fc.jsonValue() }),
    casing,
  )
  .map(([JobID, JobDetails, spell]) => JSON.stringify({ [spell('JobID')]: JobID, [spell('JobDetails')]: JobDetails }))

/** A body that was right until some of its characters were changed. */
const damagedBody = fc
  .tuple(
    likelyBody,
    fc.array(
      fc.tuple(
        fc.nat(),
        fc.constantFrom(0, 1, 5),
        fc.oneof(fc.constantFrom('"', '{', ']', ',', '\\u0000', '1e999'), fc.string()),
      ),
      {
        minLength: 1,
        maxLength: 3,
      },
    ),
  )
  .map(([text, edits]) =>
    edits.reduce((body, [at, removed, added]) => {
      const place = at % (body.length + 1)
      return body.slice(0, place) + added + body.slice(place + removed)
    }, text),
  )

const anyBody: fc.Arbitrary<string | Uint8Array> = fc.oneof(
  { weight: 6, arbitrary: likelyBody },
  { weight: 3, arbitrary: damagedBody },
  { weight: 1, arbitrary: fc.json() },
  { weight: 1, arbitrary: fc.string({ unit: 'binary' }) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 200 }) },
)

const ifMatch = fc.oneof(
  { weight: 9, arbitrary: fc.constant(undefined) },
  { weight: 1, arbitrary: fc.constantFrom('*', '"1"', 'W/"1"', '"1", "2"', 'x,,"', '"') },
)

describeOnBothDatabases('Update Job, whatever is sent', (withDatabase) => {
  test('is accepted or refused, and a refusal changes nothing', (t) =>
    withDatabase(async (database) => {
      t.diagnostic(`seed ${seed}, ${runs} cases`)
      const api = await startTestApi(database, [updateJob])
      try {
        await addWorld(database)
        const token = await api.addCaller('anna', sixTasks, bothFolders)
        await storeJobs(database, storedDetails)
        let stored = await everything(database)
        const statuses = new Map<number, number>()
        await fc.assert(
          fc.asyncProperty(anyBody, ifMatch, async (body, tag) => {
            const headers: Record<string, string> = tag === undefined ? {} : { 'if-match': tag }
            const { status, text } = await api.send('PATCH', '/ccs/api/v1/jobs/', { token, body, headers })
            statuses.set(status, (statuses.get(status) ?? 0) + 1)
            assert.ok([204, 400, 404, 412, 413].includes(status), `${status} ${text}`)
            const now = await everything(database)
            if (status === 204) await assertSound(api, database, token)
            else assert.equal(now, stored)
            stored = status === 204 ? await everything(database) : now
          }),
          { numRuns: runs, seed },
        )
        t.diagnostic([...statuses].map(([status, count]) => `${status}: ${count}`).join(', '))
        for (const status of [204, 400, 404]) assert.ok((statuses.get(status) ?? 0) > 0, `no case gave ${status}`)
      } finally {
        await api.close()
      }
    }))
})

/** The stored job keeps every rule, and what the searches say of it can be sent back and changes nothing. */
async function assertSound(api: TestApi, database: Database, token: string): Promise<void> {
  const job = await findJob(database.kysely, ids.job)
  assert.ok(job)
  const { members } = job
  assert.deepEqual([...findRangeProblems(members), ...findMissing(members), ...findBadAddresses(members)], [])
  const JobDetails = detailsOf(members)
  const plan = await api.send('PATCH', '/ccs/api/v1/jobs?dryRun=true', { token, body: { JobDetails, JobID: ids.job } })
  assert.equal(plan.status, 200, plan.text)
  assert.deepEqual((plan.body as { Changes: unknown }).Changes, [])
}
