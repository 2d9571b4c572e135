import assert from 'node:assert/strict'
import { it } from 'node:test'
import { sql } from 'kysely'
import { describeOnBothDatabases } from '../../db/testing.ts'
import { addEndedRun } from '../../store/testing.ts'
import { getJob } from './get-job.ts'
import { searchJobs } from './search-jobs.ts'
import { addWorld, bothFolders, sixTasks, startTestApi, storeJobs } from './testing.ts'
import { ids, storedDetails, storedSchedule } from './update-job.facts.ts'
import { updateJob } from './update-job.ts'

const main = '2999-06-01T10:00:00.000Z'
const schedule = { ...storedSchedule, StartDate: main, RepeatDays: 1, SubScheduleRepeatDays: 1 }

interface Asked {
  /** By each of the operations that say so. */
  readonly next: () => Promise<(string | null)[]>
  readonly dryRun: (details: object) => Promise<string[]>
  readonly planRerun: (dueAt: string) => Promise<void>
}

describeOnBothDatabases('when a job runs next', (withDatabase) => {
  const withJob = (Schedule: object, use: (asked: Asked) => Promise<void>): Promise<void> =>
    withDatabase(async (database) => {
      const { kysely: db } = database
      const api = await startTestApi(database, [getJob, searchJobs, updateJob])
      try {
        await addWorld(database)
        await storeJobs(database, storedDetails)
        const token = await api.addCaller('anna', [...sixTasks, 'View all jobs'], bothFolders)
        const patch = async (JobDetails: object, query = ''): Promise<unknown> => {
          const reply = await api.send('PATCH', `/ccs/api/v1/jobs/${query}`, {
            token,
            body: { JobDetails, JobID: ids.job },
          })
          assert.ok(reply.status < 300, reply.text)
          return reply.body
        }
        await patch({ Schedule })
        const get = async (path: string): Promise<unknown> => (await api.send('GET', path, { token })).body
        type Data = { JobID: string; NextRunDate: string | null }
        await use({
          async next() {
            const byId = (await get(`/ccs/api/v1/jobs/${ids.job}`)) as Data
            const byName = (await get(`/ccs/api/v1/jobs?jobname=${storedDetails.JobName}`)) as Data
            const { jobDataList } = (await get('/ccs/api/v1/jobs?Attributes=(JobName=*)')) as { jobDataList: Data[] }
            const listed = jobDataList.filter(({ JobID }) => JobID === ids.job)
            return [byId, byName, ...listed].map(({ NextRunDate }) => NextRunDate)
          },
          dryRun: async (details) =>
            ((await patch(details, '?dryRun=true')) as { NextRunDates: string[] }).NextRunDates.slice(0, 2),
          async planRerun(dueAt) {
            const runId = await addEndedRun(db, ids.job)
            await sql`
              insert into job_reruns (job_id, run_id, due_at) values (${ids.job}, ${runId}, ${dueAt})`.execute(db)
          },
        })
      } finally {
        await api.close()
      }
    })

  it('is the rerun of what its last run left incomplete, when that comes before its schedule', () =>
    withJob(schedule, async ({ next, dryRun, planRerun }) => {
      assert.deepEqual(await next(), Array(3).fill('2999-06-01T10:00:00Z'))
      await planRerun('2999-05-31T22:30:00Z')
      assert.deepEqual(await next(), Array(3).fill('2999-05-31T22:30:00Z'))
      const both = ['2999-05-31T22:30:00.000Z', main]
      assert.deepEqual(await dryRun({}), both)
      assert.deepEqual(await dryRun({ JobDescription: 'Another' }), both)
    }))

  it('is its schedule, when that comes first: its run takes the place of the rerun', () =>
    withJob(schedule, async ({ next, dryRun, planRerun }) => {
      await planRerun('2999-06-01T12:00:00Z')
      assert.deepEqual(await next(), Array(3).fill('2999-06-01T10:00:00Z'))
      assert.deepEqual(await dryRun({}), [main, '2999-06-02T10:00:00.000Z'])
    }))

  it('is the rerun where the schedule has nothing more', () =>
    withJob({ ...schedule, StartDate: '2018-01-01T00:00:00Z', RunOnce: true }, async ({ next, dryRun, planRerun }) => {
      assert.deepEqual([await next(), await dryRun({})], [Array(3).fill(null), []])
      await planRerun('2999-05-31T22:30:00Z')
      assert.deepEqual(await next(), Array(3).fill('2999-05-31T22:30:00Z'))
      assert.deepEqual(await dryRun({}), ['2999-05-31T22:30:00.000Z'])
    }))

  it('is not the rerun any more after an update that drops it', () =>
    withJob(schedule, async ({ dryRun, planRerun }) => {
      await planRerun('2999-05-31T22:30:00Z')
      const later = '2999-07-01T10:00:00.000Z'
      assert.deepEqual(await dryRun({ Schedule: { ...schedule, StartDate: later } }), [
        later,
        '2999-07-02T10:00:00.000Z',
      ])
      assert.deepEqual(await dryRun({ Schedule: { ...schedule, RunNow: true } }), [main, '2999-06-02T10:00:00.000Z'])
    }))
})
