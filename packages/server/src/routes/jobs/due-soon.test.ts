import assert from 'node:assert/strict'
import { it } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import type { Database } from '../../db/database.ts'
import { describeOnBothDatabases } from '../../db/testing.ts'
import { startDispatcher } from '../../jobs/dispatch.ts'
import { addImportJob, changeImportJob } from '../asset-imports/import-jobs.ts'
import { createJob } from './create-job.ts'
import { addWorld, bothFolders, sixTasks, startTestApi, storeJobs } from './testing.ts'
import { ids, storedDetails } from './update-job.facts.ts'
import { updateJob } from './update-job.ts'

/** By how much the first run of a job that is due then was later than that. */
async function lateMs({ kysely: db }: Database, dueAt: string): Promise<number> {
  for (let tries = 0; tries < 400; tries += 1) {
    const run = await db.selectFrom('job_runs').select('queued_at').where('due_at', '=', dueAt).executeTakeFirst()
    if (run !== undefined) return Date.parse(run.queued_at) - Date.parse(dueAt)
    await setTimeout(25)
  }
  throw new Error(`no run for what was due at ${dueAt}`)
}

describeOnBothDatabases('a job that a request makes due in a moment', (withDatabase) => {
  it('is started in time, whatever the dispatcher was waiting for', () =>
    withDatabase(async (database) => {
      const operations = [addImportJob, changeImportJob, createJob, updateJob]
      const api = await startTestApi(database, operations)
      const { queue, log, config, alarm } = api.context
      await addWorld(database)
      await storeJobs(database, storedDetails)
      const token = await api.addCaller('anna', [...sixTasks, 'Manage assets and asset groups'], bothFolders)
      const dispatcher = startDispatcher(database, queue, config.timeZone, log, alarm)
      try {
        const in1500ms = () => new Date(Date.now() + 1500).toISOString()
        const schedule = (StartDate: string) => ({ RunPeriodically: true, RunOnce: true, StartDate })
        const ask = async (what: string, method: 'PATCH' | 'POST', url: string, bodyFor: (at: string) => object) => {
          // It has looked, and sleeps for five seconds if nobody wakes it.
          await setTimeout(500)
          const at = in1500ms()
          const reply = await api.send(method, url, { token, body: bodyFor(at) })
          assert.ok(reply.status < 300, `${what}: ${reply.text}`)
          assert.ok((await lateMs(database, at)) < 1000, `${what}: ${await lateMs(database, at)} ms late`)
          // Nobody works here: it would be under way for ever.
          await database.kysely.deleteFrom('job_runs').execute()
          return reply
        }
        await ask('created', 'POST', '/ccs/api/v1/jobs', (at) => ({
          JobType: 'CollectionEvaluationJob',
          JobDetails: {
            JobName: 'Soon',
            AssetsResolutionInfo: [{ ID: ids.asset }],
            Standards: [ids.standard],
            Schedule: schedule(at),
          },
        }))
        await ask('updated', 'PATCH', '/ccs/api/v1/jobs', (at) => ({
          JobID: ids.job,
          JobDetails: { Schedule: schedule(at) },
        }))
        const imports = '/api/v1/asset-import-jobs'
        const { body } = await ask('an import, created', 'POST', imports, (at) => ({
          JobDetails: { JobName: 'Import', Schedule: schedule(at) },
          inventory: 'name\nweb-9\n',
        }))
        await ask('an import, updated', 'PATCH', `${imports}/${(body as { id: string }).id}`, (at) => ({
          JobDetails: { Schedule: schedule(at) },
        }))
      } finally {
        await dispatcher.stop()
        await api.close()
      }
    }))
})
