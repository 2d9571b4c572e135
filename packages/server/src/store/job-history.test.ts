import assert from 'node:assert/strict'
import { it } from 'node:test'
import { describeOnBothDatabases } from '../db/testing.ts'
import { countEndedRuns, deleteHistory } from './job-history.ts'
import { addEndedRun, addJob } from './testing.ts'

describeOnBothDatabases('the history of a job', (withDatabase) => {
  it('goes in several statements, but for a run that is under way, and leaves other jobs alone', () =>
    withDatabase(async ({ kysely: db }) => {
      const [jobId, other] = [await addJob(db, { name: 'Nightly' }), await addJob(db, { name: 'Other' })]
      for (let run = 0; run < 10; run += 1) await addEndedRun(db, jobId)
      const left = await addEndedRun(db, other)
      const underWay = await addEndedRun(db, jobId)
      await db.updateTable('job_runs').set({ ended_at: null, status: 'Executing' }).where('id', '=', underWay).execute()
      assert.equal(await countEndedRuns(db, jobId), 10)
      assert.equal(await deleteHistory(db, jobId), 10)
      assert.equal(await deleteHistory(db, jobId), 0)
      const rows = await db.selectFrom('job_runs').select('id').orderBy('id').execute()
      assert.deepEqual(
        rows.map(({ id }) => id),
        [left, underWay].toSorted(),
      )
    }))
})
