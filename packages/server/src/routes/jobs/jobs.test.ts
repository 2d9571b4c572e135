import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { sql } from 'kysely'
import { tasks } from '../../api/tasks.ts'
import type { Task } from '../../api/tasks.ts'
import type { Database } from '../../db/database.ts'
import { describeOnBothDatabases } from '../../db/testing.ts'
import type { WithDatabase } from '../../db/testing.ts'
import { dispatchDue } from '../../jobs/dispatch.ts'
import { emptyJob } from '../../jobs/job-definition.ts'
import { insertJob } from '../../store/jobs.ts'
import { createJob } from './create-job.ts'
import { deleteJob } from './delete-job.ts'
import { getJob } from './get-job.ts'
import { jobOperation } from './job-operation.ts'
import { latestJobRuns } from './latest-job-runs.ts'
import { searchJobs } from './search-jobs.ts'
import { addWorld, bothFolders, everything, startTestApi, storeJobs } from './testing.ts'
import type { TestApi, TestReply } from './testing.ts'
import { ids, storedDetails, storedSchedule } from './update-job.facts.ts'
import { updateJob } from './update-job.ts'

const operations = [createJob, deleteJob, getJob, jobOperation, latestJobRuns, searchJobs, updateJob]
const jobs = '/ccs/api/v1/jobs'
const oneJob = `${jobs}/${ids.job}`

interface World {
  readonly database: Database
  readonly api: TestApi
  /** As somebody who may do everything, and who created the facts' jobs. */
  readonly as: (
    method: 'DELETE' | 'GET' | 'PATCH' | 'POST',
    url: string,
    body?: unknown,
  ) => Promise<Pick<TestReply, 'body' | 'status'>>
}

async function inWorld(withDatabase: WithDatabase, use: (world: World) => Promise<void>): Promise<void> {
  await withDatabase(async (database) => {
    const api = await startTestApi(database, operations)
    try {
      await addWorld(database)
      await storeJobs(database, storedDetails)
      const token = await api.addCaller('Anna', tasks, bothFolders)
      const as: World['as'] = async (method, url, content) => {
        const { status, body } = await api.send(method, url, {
          token,
          ...(content === undefined ? {} : { body: content }),
        })
        return { status, body }
      }
      await use({ database, api, as })
    } finally {
      await api.close()
    }
  })
}

const notFound = (id: string) => ({
  status: 404,
  body: { Message: `Job for specified JobID '${id}' not found.` },
})
const forbidden = {
  status: 403,
  body: { Message: 'You are not authorized to perform this task. Access is denied.' },
}

const endRuns = async ({ kysely }: Database): Promise<void> => {
  await kysely
    .updateTable('job_runs')
    .set({ status: 'Completed', ended_at: sql`now()` })
    .execute()
}

const runIds = async ({ kysely }: Database): Promise<string[]> =>
  (await kysely.selectFrom('job_runs').select('id').orderBy('queued_at').execute()).map(({ id }) => id)

/** A job of the product itself. */
async function addSystemJob({ kysely }: Database): Promise<string> {
  const id = randomUUID()
  const members = { ...emptyJob, jobName: 'Report data synchronization', jobDescription: 'a system job' }
  const type = 'ReportDataSynchronizationJob'
  await insertJob(kysely, { id, type, category: 'System', members, createdBy: 'system', nextRunAt: null })
  return id
}

describeOnBothDatabases('the Job service', (withDatabase) => {
  test('creates a job that is read as it was sent, and can be sent back', () =>
    inWorld(withDatabase, async ({ as }) => {
      const JobDetails = { ...storedDetails, JobName: 'New' }
      const made = await as('POST', `${jobs}/`, { JobDetails, JobType: 'CollectionJob' })
      const { JobID } = made.body as { JobID: string }
      assert.deepEqual([made.status, Object.keys(made.body as object)], [201, ['JobID']])
      const read = await as('GET', `${jobs}/${JobID.toUpperCase()}`)
      const { JobCreationTime, JobModifiedTime, NextRunDate, ...rest } = read.body as Record<string, unknown>
      for (const time of [JobCreationTime, JobModifiedTime, NextRunDate]) assert.match(String(time), /^\d{4}-.*Z$/)
      assert.deepEqual(rest, {
        JobID,
        JobName: 'New',
        JobDescription: 'All web servers',
        JobType: 'DataCollectionJob',
        JobCategory: 'User-defined',
        LastRunStatus: 'Not run',
        LastRunDate: null,
        JobDetails,
      })
      assert.equal((await as('PATCH', jobs, { JobID, JobDetails: rest['JobDetails'] })).status, 204)
    }))

  test('creates the least of a job, and runs it when told to', () =>
    inWorld(withDatabase, async ({ database, as }) => {
      const least = { JobName: 'Least', AssetsResolutionInfo: [{ Id: ids.asset }], Standards: [ids.standard] }
      const made = await as('POST', jobs, {
        JobType: 'evaluationjob',
        JobDetails: { ...least, Schedule: { RunNow: 'true' } },
      })
      assert.equal(made.status, 201)
      const { JobID } = made.body as { JobID: string }
      assert.equal((await runIds(database)).length, 1)
      const read = await as('GET', `${jobs}?jobname=LEAST`)
      const { LastRunStatus, JobDetails } = read.body as { LastRunStatus: string; JobDetails: Record<string, unknown> }
      assert.equal(LastRunStatus, 'Queued')
      assert.deepEqual([JobDetails['IncrementalPeriod'], JobDetails['SuccessNotification']], [1, null])
      const runs = await as('GET', `${jobs}/${JobID}/jobruns?count=0&showmessages=true`)
      const [run = {}] = runs.body as Record<string, unknown>[]
      assert.deepEqual(
        { ...run, JobRunID: '' },
        {
          JobRunID: '',
          JobID,
          JobName: 'Least',
          Status: 'Queued',
          StartTime: null,
          EndTime: null,
          MessageCount: 0,
          Messages: [],
        },
      )
    }))

  const least = { JobName: 'Least', AssetsResolutionInfo: [{ Id: ids.asset }], Standards: [ids.standard] }
  const nullText = 'Invalid input data. Either JobID or JobDetails is null.'
  const refusals: readonly [why: string, body: unknown, message: string, members: readonly string[]][] = [
    [
      'nothing',
      {},
      nullText,
      ['JobType', 'JobDetails.JobName', 'JobDetails.AssetsResolutionInfo', 'JobDetails.Standards'],
    ],
    ['no type', { JobDetails: least }, nullText, ['JobType']],
    [
      'no name',
      { JobType: 'EvaluationJob', JobDetails: { ...least, JobName: null } },
      nullText,
      ['JobDetails.JobName'],
    ],
    [
      'another type',
      { JobType: 'AssetImportJob', JobDetails: least },
      "Given job type 'AssetImportJob' not supported.",
      [],
    ],
    [
      'a name that is taken',
      { JobType: 'EvaluationJob', JobDetails: { ...least, JobName: 'nightly' } },
      'The specified name nightly already exists. Create a job with a new name.',
      [],
    ],
    [
      'a standard that is not there',
      { JobType: 'EvaluationJob', JobDetails: { ...least, Standards: [ids.nothing] } },
      nullText,
      ['JobDetails.Standards[0]'],
    ],
    [
      'a wrong type',
      { JobType: 5, JobDetails: least },
      'Exception while parsing JSON. Please check expected type of input parameter and its given value.',
      ['JobType'],
    ],
  ]
  test('refuses to create a job as it refuses to update one', (t) =>
    inWorld(withDatabase, async ({ database, as }) => {
      for (const [why, body, message, members] of refusals) {
        await t.test(why, async () => {
          const before = await everything(database)
          const answer = await as('POST', jobs, body)
          const { Message, Details = [] } = answer.body as { Message: string; Details?: { Member: string }[] }
          assert.deepEqual([answer.status, Message, Details.map(({ Member }) => Member)], [400, message, members])
          assert.equal(await everything(database), before)
        })
      }
    }))

  test('of two jobs created with one name at once, makes one', () =>
    inWorld(withDatabase, async ({ as }) => {
      const body = { JobType: 'EvaluationJob', JobDetails: { ...least, JobName: 'Twice' } }
      const answers = await Promise.all([as('POST', jobs, body), as('POST', jobs, body), as('POST', jobs, body)])
      assert.deepEqual(
        answers.map(({ status }) => status).toSorted((a, b) => a - b),
        [201, 400, 400],
      )
    }))

  test('executes a job, one run at a time, and aborts the run', () =>
    inWorld(withDatabase, async ({ database, as }) => {
      const started = await as('POST', oneJob, '{"Operation":\r\n"Execute"}\r\n')
      const [run = ''] = await runIds(database)
      assert.deepEqual(started, { status: 200, body: { JobRunID: run } })
      assert.deepEqual(await as('POST', oneJob, { operationtype: 'EXECUTE' }), {
        status: 400,
        body: {
          Message: `A run of job 'Nightly' is under way (job run ${run}). Wait until it has ended, or abort it.`,
        },
      })
      assert.deepEqual(await as('POST', `${jobs}/${run.toUpperCase()}`, { Operation: 'ABORT' }), {
        status: 200,
        body: undefined,
      })
      assert.deepEqual(
        await as('POST', `${jobs}/${run}`, { Operation: 'abort' }),
        { status: 200, body: undefined },
        'as if it had been asked once',
      )
      const told = await database.kysely.selectFrom('job_run_messages').select('text').execute()
      assert.equal(told.length, 1)
      await endRuns(database)
      assert.deepEqual(await as('POST', `${jobs}/${run}`, { 'Operation Type': 'abort' }), {
        status: 400,
        body: { Message: `Job run '${run}' has already ended.` },
      })
    }))

  test('knows what it cannot execute or abort', () =>
    inWorld(withDatabase, async ({ database, as }) => {
      const system = await addSystemJob(database)
      assert.deepEqual(await as('POST', `${jobs}/${ids.nothing}`, { Operation: 'execute' }), notFound(ids.nothing))
      assert.deepEqual(await as('POST', `${jobs}/x'y`, { Operation: 'execute' }), notFound("x'y"))
      assert.deepEqual(await as('POST', `${jobs}/${system}`, { Operation: 'execute' }), {
        status: 400,
        body: { Message: "Given job type 'ReportDataSynchronizationJob' not supported." },
      })
      assert.deepEqual(await as('POST', oneJob, { Operation: 'abort' }), {
        status: 404,
        body: { Message: `Job run for specified JobRunID '${ids.job}' not found.` },
      })
      assert.equal((await as('POST', oneJob, {})).status, 400)
      assert.equal((await as('POST', oneJob, { Operation: 'pause' })).status, 400)
      assert.equal((await as('POST', oneJob)).status, 400)
      assert.deepEqual(await runIds(database), [])
    }))

  test('lists runs newest first, as many as asked for, with their messages', () =>
    inWorld(withDatabase, async ({ database, as }) => {
      for (let run = 0; run < 3; run += 1) {
        assert.equal((await as('POST', oneJob, { Operation: 'execute' })).status, 200)
        await endRuns(database)
      }
      const [first = '', second = '', third = ''] = await runIds(database)
      await database.kysely
        .insertInto('job_run_messages')
        .values({ run_id: third, asset_id: ids.asset, phase: 'collection', text: 'unreachable' })
        .execute()
      const listed = async (query: string) =>
        ((await as('GET', `${oneJob}/JobRuns${query}`)).body as { JobRunID: string }[]).map(({ JobRunID }) => JobRunID)
      assert.deepEqual(await listed(''), [third])
      assert.deepEqual(await listed('?Count=2'), [third, second])
      assert.deepEqual(await listed('?count=0'), [third, second, first])
      const withMessages = await as('GET', `${oneJob}/jobruns?showmessages=True`)
      const [{ MessageCount, Messages } = {}] = withMessages.body as {
        MessageCount?: number
        Messages?: { Message: string }[]
      }[]
      assert.deepEqual([MessageCount, Messages?.map(({ Message }) => Message)], [1, ['web-1: unreachable']])
      assert.deepEqual(await as('GET', `${jobs}/${ids.nothing}/jobruns`), notFound(ids.nothing))
      assert.equal((await as('GET', `${oneJob}/jobruns?count=-1`)).status, 400)
      assert.equal((await as('GET', `${oneJob}/jobruns?showmessages=2`)).status, 400)
    }))

  test('tells of the occurrences that a run skipped, until the next run does', () =>
    inWorld(withDatabase, async ({ database, api, as }) => {
      const replies = async (): Promise<object[]> => {
        const [byId, byName, all] = [
          await as('GET', oneJob),
          await as('GET', `${jobs}?jobname=${storedDetails.JobName}`),
          await as('GET', `${jobs}?Attributes=(JobID=${ids.job})`),
        ]
        return [byId.body, byName.body, ...(all.body as { jobDataList: object[] }).jobDataList] as object[]
      }
      const told = async (): Promise<unknown[]> =>
        (await replies()).map((job) => ('SkippedRuns' in job ? job.SkippedRuns : undefined))
      const none = [undefined, undefined, undefined]
      await as('POST', oneJob, { Operation: 'execute' })
      assert.deepEqual(await told(), none)
      for (const day of ['02', '03']) {
        await sql`update jobs set next_run_at = ${`2026-01-${day}T00:00:00Z`} where id = ${ids.job}`.execute(
          database.kysely,
        )
        await dispatchDue(database, api.context.queue, 'UTC')
      }
      const [first] = (await told()) as { From: string; To: string }[]
      assert.equal(first?.From, '2026-01-02T00:00:00Z')
      assert.match(first.To, /^\d{4}-\d\d-\d\dT.*Z$/)
      assert.deepEqual(await told(), [first, first, first])
      await endRuns(database)
      assert.deepEqual(await told(), [first, first, first])
      await as('POST', oneJob, { Operation: 'execute' })
      assert.deepEqual(await told(), none)
    }))

  test('deletes a job’s history, or the whole job', () =>
    inWorld(withDatabase, async ({ database, as }) => {
      await as('POST', oneJob, { Operation: 'execute' })
      assert.equal((await as('DELETE', `${jobs}?jobid=${ids.job}`)).status, 400)
      assert.equal((await as('DELETE', `${jobs}?jobid=${ids.job}&DeleteJob=False`)).status, 204)
      assert.equal((await runIds(database)).length, 1, 'a run under way is no history')
      await endRuns(database)
      assert.equal((await as('DELETE', `${jobs}/?JobID=${ids.job.toUpperCase()}&deletejob=false`)).status, 204)
      assert.deepEqual(await runIds(database), [])
      assert.equal((await as('GET', oneJob)).status, 200)
      assert.deepEqual(await as('DELETE', `${jobs}?jobid=${ids.job}`, '\r'), { status: 204, body: undefined })
      assert.deepEqual(await as('GET', oneJob), notFound(ids.job))
      assert.deepEqual(await as('DELETE', `${jobs}?jobid=${ids.job}`), notFound(ids.job))
    }))

  test('keeps a job of which a run begins while its history is deleted, and says so', () =>
    inWorld(withDatabase, async ({ database, as }) => {
      const db = database.kysely
      const audited = async (): Promise<string[]> => {
        const rows = await db.selectFrom('audit_records').select(['action', 'outcome']).orderBy('at').execute()
        return rows.map(({ action, outcome }) => `${action} ${outcome}`).filter((one) => one.startsWith('job.delete'))
      }
      await as('POST', oneJob, { Operation: 'execute' })
      await endRuns(database)
      // Stands for the schedule, in the moment when one cannot wait for it.
      await sql`create function begin_run() returns trigger language plpgsql as 'begin
        insert into job_runs (id, job_id, status, trigger, requested_by, snapshot)
        values (gen_random_uuid(), old.job_id, ''Queued'', ''schedule'', ''schedule'', old.snapshot);
        return null; end'`.execute(db)
      await sql`create trigger begin_run after delete on job_runs for each row execute function begin_run()`.execute(db)
      try {
        const { status, body } = await as('DELETE', `${jobs}?jobid=${ids.job}`)
        assert.equal(status, 400)
        const { Message } = body as { Message: string }
        assert.match(
          Message,
          /^A run of job '.*' is under way. Abort it or wait until it has ended, then delete the job/,
        )
      } finally {
        await sql`drop function begin_run() cascade`.execute(db)
      }
      assert.equal((await runIds(database)).length, 1)
      assert.equal((await as('GET', oneJob)).status, 200)
      assert.deepEqual(await audited(), ['job.delete begun', 'job.delete-history done'])
      await endRuns(database)
      assert.equal((await as('DELETE', `${jobs}?jobid=${ids.job}`)).status, 204)
    }))

  test('lets nobody delete but the creator, and nobody a job of the product', () =>
    inWorld(withDatabase, async ({ database, api, as }) => {
      const token = await api.addCaller('berta', tasks, bothFolders)
      const { status, body } = await api.send('DELETE', `${jobs}?jobid=${ids.job}`, { token })
      assert.deepEqual({ status, body }, forbidden)
      assert.deepEqual(await as('DELETE', `${jobs}?jobid=${await addSystemJob(database)}`), forbidden)
      assert.deepEqual(await as('DELETE', `${jobs}?jobid=x`), notFound('x'))
      assert.equal((await as('DELETE', jobs)).status, 400)
      assert.equal((await as('DELETE', `${jobs}?jobid=${ids.job}&DeleteJob=perhaps`)).status, 400)
    }))

  test('finds a job by its name, and in the form that the documentation prints', () =>
    inWorld(withDatabase, async ({ database, as }) => {
      const idOf = async (url: string) => ((await as('GET', url)).body as { JobID: string }).JobID
      assert.equal(await idOf(`${jobs}?jobname=Nightly`), ids.job)
      assert.equal(await idOf(`${jobs}?/jobname=Nightly`), ids.job)
      assert.equal(await idOf(`/ccs/api/v1/Jobs?JobName=Taken`), ids.otherJob)
      assert.deepEqual(await as('GET', `${jobs}?jobname=Night`), {
        status: 404,
        body: { Message: "Job for specified JobName 'Night' not found." },
      })
      assert.equal((await as('GET', `${jobs}?jobname=a%00b`)).status, 404)
      const system = await addSystemJob(database)
      const read = (await as('GET', `${jobs}/${system}`)).body as Record<string, unknown>
      assert.deepEqual(
        [read['JobType'], read['JobCategory'], 'JobDetails' in read],
        ['ReportDataSynchronizationJob', 'System', false],
      )
    }))

  const searches: readonly [attributes: string, names: readonly string[] | 400][] = [
    ['(JobName = *)', ['Nightly', 'Report data synchronization', 'Taken']],
    ['JobName = nightly', ['Nightly']],
    ['JobName = n*y', ['Nightly']],
    ['JobName Contains E', ['Report data synchronization', 'Taken']],
    ['JobName StartsWith tak', ['Taken']],
    ['JobName=*, JobCategory=System', ['Report data synchronization']],
    ['JobType = CollectionEvaluationJob', ['Nightly', 'Taken']],
    ['jobtype = CollectionJob', []],
    [`JobID = ${ids.job.toUpperCase()}`, ['Nightly']],
    ['LastRunStatus = Not run', ['Report data synchronization', 'Taken']],
    ['LastRunStatus = Completed, LastRunDate > 2020-01-01', ['Nightly']],
    ['LastRunDate < 2020-01-01', []],
    [
      'JobCreationTime >= 2020-01-01T00:00:00Z, JobCreationTime <= 9999-12-31',
      ['Nightly', 'Report data synchronization', 'Taken'],
    ],
    ['JobModifiedTime != 0001-01-01T00:00:00+14:00', ['Nightly', 'Report data synchronization', 'Taken']],
    ['JobModifiedTime = 2018-11-18', []],
    ['JobName = %', []],
    ['JobModifiedTime > yesterday', 400],
    ['JobModifiedTime Contains 2020', 400],
    ['JobName LIKE x', 400],
    ['Colour = red', 400],
    ['constructor = x', 400],
    ['', 400],
  ]
  test('finds jobs by their attributes', (t) =>
    inWorld(withDatabase, async ({ database, as }) => {
      await addSystemJob(database)
      await as('POST', oneJob, { Operation: 'execute' })
      await endRuns(database)
      for (const [attributes, expected] of searches) {
        await t.test(attributes, async () => {
          const answer = await as('GET', `${jobs}?Attributes=${encodeURIComponent(attributes)}`)
          const { jobDataList } = answer.body as { jobDataList?: { JobName: string }[] }
          assert.deepEqual(answer.status === 400 ? 400 : jobDataList?.map(({ JobName }) => JobName), expected)
        })
      }
      const printed = await as('GET', `${jobs}?(Attributes=JobName = Taken)`.replaceAll(' ', '%20'))
      assert.equal((printed.body as { TotalRecords: number }).TotalRecords, 1)
    }))

  test('answers a search page by page', () =>
    inWorld(withDatabase, async ({ as }) => {
      const page = async (query: string) => {
        const { body } = await as('GET', `${jobs}?Attributes=JobName=*&${query}`)
        const { jobDataList, ...totals } = body as { jobDataList: { JobName: string }[] }
        return { names: jobDataList.map(({ JobName }) => JobName), ...totals }
      }
      assert.deepEqual(await page('page=0&pagesize=1'), { names: ['Nightly'], TotalPages: 2, TotalRecords: 2 })
      assert.deepEqual(await page('Page=1&PageSize=1'), { names: ['Taken'], TotalPages: 2, TotalRecords: 2 })
      assert.deepEqual(await page('page=7'), { names: [], TotalPages: 1, TotalRecords: 2 })
      assert.equal((await as('GET', jobs)).status, 400)
      assert.equal((await as('GET', `${jobs}?Attributes=JobName=*&pagesize=0`)).status, 400)
    }))

  const needs: readonly [
    name: string,
    method: 'DELETE' | 'GET' | 'PATCH' | 'POST',
    url: string,
    body: unknown,
    tasks: readonly Task[],
  ][] = [
    [
      'Create Job',
      'POST',
      jobs,
      {},
      ['View standards', 'View assets', 'Manage jobs', 'Collect data', 'Evaluate standards', 'View evaluation results'],
    ],
    [
      'Update Job',
      'PATCH',
      jobs,
      { JobID: ids.job, JobDetails: {} },
      ['View standards', 'View assets', 'Manage jobs', 'Collect data', 'Evaluate standards', 'View evaluation results'],
    ],
    [
      'Job Operation',
      'POST',
      oneJob,
      { Operation: 'execute' },
      [
        'Manage jobs',
        'Collect data',
        'View all jobs',
        'View assets',
        'View standards',
        'View evaluation results',
        'Evaluate standards',
      ],
    ],
    [
      'Delete Job',
      'DELETE',
      `${jobs}?jobid=${ids.otherJob}`,
      undefined,
      ['View standards', 'Manage jobs', 'Collect data', 'Evaluate standards', 'View evaluation results'],
    ],
    ['Get Latest Job Runs', 'GET', `${oneJob}/jobruns`, undefined, ['View all jobs', 'View standards', 'View assets']],
    ['Search Job by ID', 'GET', oneJob, undefined, ['View all jobs', 'View standards', 'View assets']],
    [
      'Search Job by Name',
      'GET',
      `${jobs}?jobname=Nightly`,
      undefined,
      ['View all jobs', 'View standards', 'View assets'],
    ],
    [
      'Search Jobs',
      'GET',
      `${jobs}?Attributes=JobName=*`,
      undefined,
      ['View all jobs', 'View standards', 'View assets'],
    ],
  ]
  test('asks for exactly the tasks and folders that each operation lists', (t) =>
    inWorld(withDatabase, async ({ api }) => {
      let callers = 0
      const statusFor = async (
        [, method, url, body]: (typeof needs)[number],
        having: readonly Task[],
        folders: readonly string[],
      ): Promise<number> => {
        callers += 1
        const token = await api.addCaller(`caller ${callers}`, having, folders)
        return (await api.send(method, url, { token, ...(body === undefined ? {} : { body }) })).status
      }
      for (const operation of needs) {
        const [name, , , , needed] = operation
        await t.test(name, async () => {
          for (const missing of needed) {
            const others = tasks.filter((task) => task !== missing)
            assert.equal(await statusFor(operation, others, bothFolders), 403, `without ${missing}`)
          }
          for (const folder of bothFolders)
            assert.equal(await statusFor(operation, tasks, [folder]), 403, `only ${folder}`)
          // Only the creator may delete, and that is none of these.
          if (name !== 'Delete Job') assert.notEqual(await statusFor(operation, needed, bothFolders), 403)
        })
      }
    }))

  test('says what the search says about the next run', () =>
    inWorld(withDatabase, async ({ as }) => {
      const Schedule = { ...storedSchedule, StartDate: '2999-06-01T00:00:00+02:00' }
      await as('PATCH', jobs, { JobID: ids.job, JobDetails: { Schedule } })
      const { NextRunDate } = (await as('GET', oneJob)).body as { NextRunDate: string }
      assert.equal(NextRunDate, '2999-05-31T22:00:00Z')
    }))
})
