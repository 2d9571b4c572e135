import assert from 'node:assert/strict'
import { it } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { sql } from 'kysely'
import type { KyselyPlugin } from 'kysely'
import { pino } from 'pino'
import { describeOnBothDatabases } from '../db/testing.ts'
import { createQueue } from './queue.ts'
import { createSetBackWatch } from './set-back.ts'

const log = pino({ level: 'silent' })

describeOnBothDatabases('a clock that is set back', (withDatabase) => {
  it('leaves no task to wait for the time that was ahead, and each as long as it was to wait', () =>
    withDatabase(async (database) => {
      const queue = await createQueue(database, log)
      try {
        const db = database.kysely
        const watch = createSetBackWatch(database)
        assert.equal(await watch.look(), true, 'it may have been set back while nobody looked')
        assert.equal(await watch.look(), false, 'the clock goes on')
        await db.transaction().execute(async (tx) => {
          await queue.enqueue(tx, 'start-run', { runId: 'at once' })
          await queue.enqueue(tx, 'end-run', { runId: 'later' }, { startAfterSeconds: 600 })
          await queue.enqueue(tx, 'collect-asset', { runId: 'again', assetId: '' }, { key: 'one' })
          await queue.enqueue(tx, 'evaluate-asset', { runId: 'under way', assetId: '' })
        })
        // As it is when all this happened before the clock was set back by two hours.
        await sql`
          update pgboss.job set created_on = created_on + interval '2 hours', start_after = start_after + interval '2 hours',
            state = (case name when 'collect-asset' then 'retry' when 'evaluate-asset' then 'active' else 'created' end)::pgboss.job_state,
            started_on = case name when 'evaluate-asset' then now() + interval '2 hours' end,
            heartbeat_on = case name when 'evaluate-asset' then now() + interval '2 hours' end`.execute(db)
        await sql`update pgboss.queue set monitor_claim_on = now() + interval '2 hours'`.execute(db)
        // Put there long before, and right.
        await db.transaction().execute(async (tx) => {
          await queue.enqueue(tx, 'end-run', { runId: 'tomorrow' }, { startAfterSeconds: 86_400 })
        })
        assert.equal(await createSetBackWatch(database).look(), true)
        const { rows } = await sql`
          select data ->> 'runId' as run, round(extract(epoch from start_after - now()) / 60)::integer as minutes,
            coalesce(heartbeat_on, now()) <= now() and created_on <= now() as past
          from pgboss.job order by start_after, name`.execute(db)
        assert.deepEqual(rows, [
          { run: 'at once', minutes: 0, past: true },
          { run: 'again', minutes: 1, past: true },
          { run: 'later', minutes: 10, past: true },
          { run: 'under way', minutes: 120, past: true },
          { run: 'tomorrow', minutes: 1440, past: true },
        ])
        const ahead = await sql`select name from pgboss.queue where monitor_claim_on > now()`.execute(db)
        assert.deepEqual(ahead.rows, [])
      } finally {
        await queue.stop(0)
      }
    }))

  it('leaves none that a transaction puts there which began before', () =>
    withDatabase(async (database) => {
      const queue = await createQueue(database, log)
      try {
        const db = database.kysely
        let aheadMs = 2 * 3600 * 1000
        const clock: KyselyPlugin = {
          transformQuery: ({ node }) => node,
          transformResult: async ({ result }) => ({
            ...result,
            rows: result.rows.map((row) => ('ms' in row ? { ...row, ms: Number(row['ms']) + aheadMs } : row)),
          }),
        }
        const watch = createSetBackWatch({ ...database, kysely: db.withPlugin(clock) }, 0)
        await watch.look()
        aheadMs = 0
        assert.equal(await watch.look(), true)
        await db.transaction().execute((tx) => queue.enqueue(tx, 'start-run', { runId: 'late' }))
        await sql`
          update pgboss.job set created_on = now() + interval '2 hours', start_after = now() + interval '2 hours'`.execute(
          db,
        )
        assert.equal(await watch.look(), false)
        assert.deepEqual((await sql`select 1 from pgboss.job where start_after > now()`.execute(db)).rows, [])
      } finally {
        await queue.stop(0)
      }
    }))

  it('of a process lets it notice lost workers as before', (t) =>
    withDatabase(async (database) => {
      const queue = await createQueue(database, log)
      try {
        const db = database.kysely
        await db.transaction().execute((tx) => queue.enqueue(tx, 'start-run', { runId: 'lost' }))
        await sql`
          update pgboss.job set state = 'active', started_on = now(), heartbeat_on = now() - interval '1 minute'`.execute(
          db,
        )
        const right = Date.now
        t.mock.method(Date, 'now', () => right() - 2 * 3600 * 1000)
        const taken = new Promise<string>((resolve) => {
          void queue.work('start-run', 1, async ({ runId }) => resolve(runId))
        })
        const late = setTimeout(30_000, 'nobody', { ref: false })
        assert.equal(await Promise.race([taken, late]), 'lost')
      } finally {
        await queue.stop(0)
      }
    }))
})
