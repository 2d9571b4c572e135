import assert from 'node:assert/strict'
import { it } from 'node:test'
import { sql } from 'kysely'
import { describeOnBothDatabases } from '../db/testing.ts'
import { countEndedRuns, deleteHistory } from './job-history.ts'
import { addEndedRun, addFolder, addJob } from './testing.ts'

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

  it('of small runs and then large ones does not go in statements of as many large ones', () =>
    withDatabase(async ({ kysely: db }) => {
      const jobId = await addJob(db, { name: 'Nightly' })
      const folder = await addFolder(db, 'Asset System')
      await sql`
        insert into assets (id, type, display_name, folder_id, identity_key, attributes, address)
        select gen_random_uuid(), '', n, ${folder}, n, '{}', '{}' from generate_series(1, 2500) as n`.execute(db)
      const dayOf = (run: number): { endedAt: string } => ({ endedAt: new Date(Date.UTC(2026, 0, run)).toISOString() })
      for (let run = 1; run <= 20; run += 1) await addEndedRun(db, jobId, dayOf(run))
      for (let run = 21; run <= 24; run += 1) {
        const id = await addEndedRun(db, jobId, dayOf(run))
        await sql`
          insert into run_assets (run_id, asset_id, state, ended_at)
          select ${id}, id, 'completed', now() from assets`.execute(db)
      }
      await sql`create table statements (place serial, runs integer)`.execute(db)
      await sql`create function note_runs() returns trigger language plpgsql as
        'begin insert into statements (runs) select count(*) from gone; return null; end'`.execute(db)
      await sql`create trigger note_runs after delete on job_runs referencing old table as gone
        for each statement execute function note_runs()`.execute(db)
      try {
        assert.equal(await deleteHistory(db, jobId), 24)
        const { rows } = await sql<{ runs: number }>`select runs from statements order by place`.execute(db)
        assert.deepEqual(
          rows.slice(0, 2).map(({ runs }) => runs),
          [20, 1],
        )
      } finally {
        await sql`drop function note_runs() cascade`.execute(db)
        await sql`drop table statements`.execute(db)
      }
    }))
})
