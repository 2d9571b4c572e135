import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql } from 'kysely'
import type { Database } from '../../db/database.ts'
import { describeOnBothDatabases } from '../../db/testing.ts'
import type { WithDatabase } from '../../db/testing.ts'
import { findJob } from '../../store/jobs.ts'
import { shownDetails } from './job-wire.ts'
import { addWorld, bothFolders, everything, sixTasks, startTestApi, storeJobs } from './testing.ts'
import type { TestApi, TestReply } from './testing.ts'
import { ids, storedDetails, storedSchedule } from './update-job.facts.ts'
import { updateJob } from './update-job.ts'

interface World {
  readonly database: Database
  readonly api: TestApi
  readonly token: string
  readonly update: (
    details: unknown,
    options?: { readonly url?: string; readonly headers?: Record<string, string> },
  ) => Promise<TestReply>
}

/** The facts' jobs in an empty database, with somebody who may update them. */
async function inWorld(withDatabase: WithDatabase, use: (world: World) => Promise<void>): Promise<void> {
  await withDatabase(async (database) => {
    const api = await startTestApi(database, [updateJob])
    try {
      await addWorld(database)
      await storeJobs(database, storedDetails)
      const token = await api.addCaller('anna', sixTasks, bothFolders)
      const update: World['update'] = (JobDetails, { url = '/ccs/api/v1/jobs/', headers } = {}) =>
        api.send('PATCH', url, {
          token,
          body: { JobDetails, JobID: ids.job },
          ...(headers === undefined ? {} : { headers }),
        })
      await use({ database, api, token, update })
    } finally {
      await api.close()
    }
  })
}

const nextRunAt = async ({ kysely }: Database): Promise<string | null | undefined> =>
  (await findJob(kysely, ids.job))?.nextRunAt

describeOnBothDatabases('what an update of a job does', (withDatabase) => {
  test('an update with a schedule says when the job runs next', () =>
    inWorld(withDatabase, async ({ database, update }) => {
      const start = '2999-12-31T02:14:27.5120788-08:00'
      await update({ Schedule: { ...storedSchedule, StartDate: start } })
      assert.equal(await nextRunAt(database), '2999-12-31T10:14:27.512Z')
      await update({ JobDescription: 'another' })
      assert.equal(await nextRunAt(database), '2999-12-31T10:14:27.512Z')
      await update({ Schedule: { StartDate: start } })
      assert.equal(await nextRunAt(database), null)
    }))

  test('an update without a schedule, or with the one it has, leaves an occurrence that is due alone', () =>
    inWorld(withDatabase, async ({ database, update }) => {
      const due = '2026-01-01T00:00:00Z'
      await database.kysely.updateTable('jobs').set({ next_run_at: due }).where('id', '=', ids.job).execute()
      for (const details of [{ Schedule: storedSchedule, JobDescription: 'changed' }, { JobDescription: 'again' }]) {
        assert.equal((await update(details)).status, 204)
        assert.equal(await nextRunAt(database), due)
      }
    }))

  test('an update with another schedule drops the rerun that the old one planned', () =>
    inWorld(withDatabase, async ({ database, update }) => {
      await update({ Schedule: { ...storedSchedule, RunNow: true } })
      await sql`
        insert into job_reruns (job_id, run_id, due_at) select job_id, id, now() from job_runs`.execute(database.kysely)
      const reruns = () => database.kysely.selectFrom('job_reruns').select('job_id').execute()
      await update({ JobDescription: 'changed' })
      assert.equal((await reruns()).length, 1)
      await update({ Schedule: storedSchedule })
      assert.deepEqual(await reruns(), [])
    }))

  test('an update with RunNow starts a run of the job as it is then, and one at a time', () =>
    inWorld(withDatabase, async ({ database, update }) => {
      const Schedule = { ...storedSchedule, RunNow: true }
      assert.equal((await update({ JobName: 'Renamed', Schedule })).status, 204)
      const runs = await database.kysely
        .selectFrom('job_runs')
        .select(['id', 'trigger', 'requested_by', 'snapshot'])
        .execute()
      assert.equal(runs.length, 1)
      assert.deepEqual(
        [runs[0]?.trigger, runs[0]?.requested_by, (runs[0]?.snapshot as { name?: string } | undefined)?.name],
        ['request', 'anna', 'Renamed'],
      )
      assert.equal((await update({ JobName: 'Renamed again', Schedule })).status, 204)
      assert.equal((await findJob(database.kysely, ids.job))?.members.jobName, 'Renamed again')
      const messages = await database.kysely.selectFrom('job_run_messages').select(['run_id', 'text']).execute()
      assert.deepEqual(messages, [
        {
          run_id: runs[0]?.id,
          text: 'anna updated the job with RunNow; no run was started because this one was still under way.',
        },
      ])
    }))

  test('an update is an audit record with what changed and what was ignored', () =>
    inWorld(withDatabase, async ({ database, update }) => {
      const text = 'x'.repeat(10_000)
      await update({
        JobName: 'Renamed',
        JobDescription: text,
        Colour: 'red',
        Schedule: { ...storedSchedule, RepeatDays: 7 },
      })
      const records = await database.kysely
        .selectFrom('audit_records')
        .select(['actor', 'action', 'target', 'outcome', 'detail'])
        .execute()
      assert.deepEqual(records, [
        {
          actor: 'anna',
          action: 'job.update',
          target: ids.job,
          outcome: 'done',
          detail: {
            changes: [
              { Field: 'JobName', From: 'Nightly', To: 'Renamed' },
              {
                Field: 'JobDescription',
                From: 'All web servers',
                To: { length: 10_002, sha256: '4c392a7bdaae14653a367b946151467159adfc8c27169211a39a6f2c2538b0ee' },
              },
              { Field: 'Schedule.RepeatDays', From: 50, To: 7 },
            ],
            ignored: ['JobDetails.Colour'],
            runNow: false,
          },
        },
      ])
    }))

  test('an update asks for a permission on the folder of every asset and standard that it adds', () =>
    inWorld(withDatabase, async ({ database, update }) => {
      const elsewhere = '6b020d29-0000-4000-8000-0000000000ff'
      await database.kysely
        .insertInto('folders')
        .values({ id: elsewhere, path: 'Private', path_key: 'private' })
        .execute()
      await database.kysely
        .updateTable('assets')
        .set({ folder_id: elsewhere })
        .where('id', '=', ids.otherAsset)
        .execute()
      await database.kysely
        .updateTable('standards')
        .set({ folder_id: elsewhere })
        .where('id', '=', ids.otherStandard)
        .execute()
      const answer = await update({ AssetsResolutionInfo: [{ Id: ids.otherAsset }], Standards: [ids.otherStandard] })
      assert.equal(answer.status, 400)
      assert.deepEqual(
        (answer.body as { Details: { Member: string }[] }).Details.map(({ Member }) => Member),
        ['JobDetails.AssetsResolutionInfo[0]', 'JobDetails.Standards[0]'],
      )
    }))

  test('an update and another at the same time both happen, in some order, neither half', () =>
    inWorld(withDatabase, async ({ database, update }) => {
      for (let round = 0; round < 10; round += 1) {
        await storeJobs(database, storedDetails)
        const answers = await Promise.all([
          update({ JobName: 'A', JobDescription: 'A', Standards: [ids.standard] }),
          update({ JobName: 'B', JobDescription: 'B', CollectionOnlyTimeOutMins: 7 }),
          update({ IncrementalPeriod: 9 }),
          update({ Schedule: { ...storedSchedule, RepeatDays: 3 } }),
        ])
        assert.deepEqual(
          answers.map(({ status }) => status),
          [204, 204, 204, 204],
        )
        const job = await findJob(database.kysely, ids.job)
        assert.ok(job)
        assert.equal(job.revision, '5')
        const { jobName } = job.members
        assert.match(jobName, /^[AB]$/)
        assert.deepEqual(shownDetails(job.members), {
          ...storedDetails,
          JobName: jobName,
          JobDescription: jobName,
          CollectionOnlyTimeOutMins: 7,
          IsIncremental: true,
          IncrementalPeriod: 9,
          Schedule: { ...storedSchedule, RepeatDays: 3 },
        })
      }
    }))

  test('an update and many at the same time all happen', () =>
    inWorld(withDatabase, async ({ database, update }) => {
      const periods = Array.from({ length: 40 }, (_, index) => index + 1)
      const answers = await Promise.all(
        periods.map((period) => update({ IncrementalPeriod: period, CollectionOnlyTimeOutHours: period })),
      )
      assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([204]))
      const job = await findJob(database.kysely, ids.job)
      assert.equal(job?.members.incrementalPeriod, job?.members.collectionOnlyTimeOutHours)
      const audited = await database.kysely.selectFrom('audit_records').select('id').execute()
      assert.equal(audited.length, periods.length)
    }))

  test('of two updates that give one name to two jobs, one is refused by the name', () =>
    inWorld(withDatabase, async ({ api, token }) => {
      const answers = await Promise.all(
        [ids.job, ids.otherJob].map((JobID) =>
          api.send('PATCH', '/ccs/api/v1/jobs/', { token, body: { JobID, JobDetails: { JobName: 'Wanted' } } }),
        ),
      )
      const refused = answers.filter(({ status }) => status === 400)
      assert.deepEqual(
        answers.map(({ status }) => status).toSorted((a, b) => a - b),
        [204, 400],
      )
      assert.deepEqual(refused[0]?.body, {
        Message: 'The specified name Wanted already exists. Create a job with a new name.',
      })
    }))

  test('an update with an entity tag is made once by one of many', () =>
    inWorld(withDatabase, async ({ update }) => {
      const answers = await Promise.all(
        [1, 2, 3, 4, 5].map((period) => update({ IncrementalPeriod: period }, { headers: { 'if-match': '"1"' } })),
      )
      assert.deepEqual(
        answers.map(({ status }) => status).toSorted((a, b) => a - b),
        [204, 412, 412, 412, 412],
      )
    }))

  const url = '/ccs/api/v1/jobs?DryRun=True'

  test('a dry run says field by field what would change and when the job would run, and stores nothing', () =>
    inWorld(withDatabase, async ({ database, update }) => {
      const before = await everything(database)
      const Schedule = { ...storedSchedule, StartDate: '2999-10-24T02:30:00+02:00', RepeatDays: 1 }
      const answer = await update({ JobName: 'Renamed', IncrementalPeriod: 7, Schedule, Colour: 'red' }, { url })
      assert.equal(answer.status, 200)
      assert.equal(answer.headers['plumbline-ignored-members'], 'JobDetails.Colour')
      const { NextRunDates, ...rest } = answer.body as { NextRunDates: string[] }
      assert.deepEqual(rest, {
        Changes: [
          { Field: 'JobName', From: 'Nightly', To: 'Renamed' },
          { Field: 'IsIncremental', From: false, To: true },
          { Field: 'IncrementalPeriod', From: 1, To: 7 },
          { Field: 'Schedule.StartDate', From: storedSchedule.StartDate, To: Schedule.StartDate },
          { Field: 'Schedule.RepeatDays', From: 50, To: 1 },
        ],
        Warnings: [],
      })
      assert.equal(NextRunDates.length, 10)
      assert.deepEqual(NextRunDates.slice(0, 5), [
        '2999-10-24T00:30:00.000Z',
        '2999-10-25T00:30:00.000Z',
        '2999-10-26T00:30:00.000Z',
        '2999-10-27T00:30:00.000Z',
        '2999-10-28T01:30:00.000Z',
      ])
      assert.equal(await everything(database), before)
    }))

  test('a dry run warns of what would be accepted and not do what it seems to', () =>
    inWorld(withDatabase, async ({ database, update }) => {
      await update({ Schedule: { ...storedSchedule, RunNow: true } })
      const none = JSON.stringify({ transport: 'none' })
      await database.kysely.updateTable('assets').set({ address: none }).where('id', '=', ids.asset).execute()
      await database.kysely
        .updateTable('jobs')
        .set({
          type: 'EvaluationJob',
          definition: sql`definition || ${JSON.stringify({
            assetsResolutionInfo: [
              { id: ids.asset, type: '' },
              { id: ids.nothing, type: '' },
            ],
          })}::jsonb`,
        })
        .where('id', '=', ids.job)
        .execute()
      const mail = { ToEmailAddress: 'a@b', FromEmailAddress: 'c@d', Subject: 's', Body: 'b' }
      const answer = await update(
        {
          Schedule: { RunNow: true, RunPeriodically: true, RunOnce: true, StartDate: '2018-11-18T00:00:00Z' },
          ShouldSendSuccessNotification: true,
          SuccessNotification: mail,
          IncrementalPeriod: 7,
          CollectionOnlyTimeOutMins: 5,
        },
        { url },
      )
      assert.deepEqual((answer.body as { Warnings: string[] }).Warnings, [
        'A run of this job is under way; RunNow would not start another.',
        'Schedule: it has no occurrence in the future, so it would never start a run.',
        'No mail server is configured (PLUMBLINE_SMTP_URL); notifications would not be sent.',
        'IsIncremental has no effect on this type of job, EvaluationJob.',
        'CollectionOnlyTimeOutHours and CollectionOnlyTimeOutMins have no effect on this type of job, EvaluationJob.',
        'No transport or credential is set for web-1.',
        `AssetsResolutionInfo names what does not exist any more: ${ids.nothing}.`,
      ])
    }))

  test('a schedule without a start begins with the moment of the request, and not a period later', () =>
    inWorld(withDatabase, async ({ database, update }) => {
      const Schedule = { RunPeriodically: true, RunOnce: true }
      const answer = await update({ Schedule }, { url })
      const { NextRunDates, Warnings } = answer.body as { NextRunDates: string[]; Warnings: string[] }
      assert.deepEqual([NextRunDates.length, Warnings], [1, []])
      await update({ Schedule })
      const isDue = sql<boolean>`next_run_at between now() - interval '1 minute' and now()`.as('is_due')
      assert.deepEqual(await database.kysely.selectFrom('jobs').select(isDue).where('id', '=', ids.job).execute(), [
        { is_due: true },
      ])
    }))

  test('a dry run is refused as the update would be', () =>
    inWorld(withDatabase, async ({ update }) => {
      const answer = await update({ JobName: 'Taken', IncrementalPeriod: 0 }, { url })
      assert.equal(answer.status, 400)
      const stale = await update({ JobName: 'Renamed' }, { url, headers: { 'if-match': '"9"' } })
      assert.equal(stale.status, 412)
    }))

  test('a dry run is not taken for an update when it is misspelt', () =>
    inWorld(withDatabase, async ({ update }) => {
      const answer = await update({ JobName: 'Renamed' }, { url: '/ccs/api/v1/jobs?dryRun=yes' })
      assert.equal(answer.status, 400)
    }))
})
