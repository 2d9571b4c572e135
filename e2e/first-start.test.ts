import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RunningServer } from './running-server.ts'
import { until } from './until.ts'

interface Job {
  readonly JobID: string
  readonly JobName: string
  readonly LastRunStatus: string
}

const firstJob = async (server: RunningServer): Promise<Job> => {
  const answer = await server.request('GET', '/ccs/api/v1/jobs?jobname=Check%20this%20machine')
  assert.equal(answer.status, 200, answer.text)
  return answer.body as Job
}

/** One for each platform; this machine is in that of its own. */
async function hasPredefinedGroups(server: RunningServer): Promise<void> {
  const { body } = await server.request('GET', '/ccs/api/v1/AssetGroup?Attributes=(displayName = All *)')
  const groups = (body as { assetGroupDataList: { Id: string; DisplayName: string }[] }).assetGroupDataList
  const counts: Record<string, number> = {}
  for (const { Id, DisplayName } of groups) {
    const assets = await server.request('GET', `/ccs/api/v1/AssetGroup/${Id}/Assets`)
    counts[DisplayName] = (assets.body as { assetDataList: unknown[] }).assetDataList.length
  }
  assert.deepEqual(counts, {
    'All Cisco Routers': 0,
    'All MySQL Servers on UNIX': 0,
    'All SQL Servers': 0,
    'All UNIX Machines': 1,
    'All Windows Machines': 0,
  })
}

test('the first start checks this machine, and the second finds everything as it was left', async (t) => {
  const first = await RunningServer.start({ makesDatabases: true })
  t.after(() => first.remove())

  const table = await until('the first verdict table', async () =>
    first.output.find((line) => /Check this machine.*Completed/.test(line)),
  )
  assert.match(table, /Completed/)
  const job = await firstJob(first)
  assert.equal(job.LastRunStatus, 'Completed')
  const renamed = await first.request('PATCH', '/ccs/api/v1/jobs/', {
    JobDetails: { JobDescription: 'changed before the restart' },
    JobID: job.JobID,
  })
  assert.equal(renamed.status, 204, renamed.text)
  await hasPredefinedGroups(first)
  assert.equal(await first.stop(), 0, first.output.join('\n'))

  const second = await RunningServer.start({ dataDirectory: first.dataDirectory })
  t.after(() => second.stop('SIGKILL'))
  const again = await second.request('GET', `/ccs/api/v1/jobs/${job.JobID}`)
  assert.equal(
    (again.body as { JobDetails: { JobDescription: string } }).JobDetails.JobDescription,
    'changed before the restart',
  )
  const runs = await second.request('GET', `/ccs/api/v1/jobs/${job.JobID}/jobruns?count=0`)
  assert.equal((runs.body as unknown[]).length, 1, 'a second start must not run the job again')
  assert.equal(await second.stop(), 0)
})
