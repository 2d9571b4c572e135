import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql } from 'kysely'
import { withServerDatabase } from '../packages/server/src/db/testing.ts'
import { Sharing } from './sharing.ts'

const url = process.env['TEST_DATABASE_URL']
const skip = url === undefined && process.env['CI'] !== 'true' ? 'TEST_DATABASE_URL names no PostgreSQL server' : false

const assets = 200

test(
  'two servers and three workers share a run, and what one of them leaves when it is killed the others do',
  { skip },
  () =>
    withServerDatabase(url, async (databaseUrl) => {
      const sharing = await Sharing.start(databaseUrl, ['serve', 'serve', 'worker', 'worker', 'worker'], {
        concurrency: 2,
        latencyMs: 200,
      })
      try {
        const victim = sharing.members.find(({ role }) => role === 'worker')
        assert.ok(victim)
        const runId = await sharing.run(assets, 'essential')
        while (victim.asked.length < 3) await victim.nextAsked()
        // In the moment for which its asset makes it wait.
        await victim.kill()
        assert.equal(await sharing.ended(runId), 'Completed')

        const others = sharing.members.filter((member) => member !== victim)
        for (const { role, asked } of others) assert.ok(asked.length > 0, `a ${role} had nothing to do`)
        const byOthers = others.flatMap(({ asked }) => asked)
        assert.equal(new Set(byOthers).size, byOthers.length, 'none of them asked what another had asked')
        const again = victim.asked.filter((name) => byOthers.includes(name))
        assert.ok(again.length > 0, 'the killed worker had an asset in its hands')
        assert.equal(new Set([...byOthers, ...victim.asked]).size, assets)

        const { rows } = await sql<{ assets: number; completed: number; evaluated: number; results: number }>`
        select count(*)::integer as assets, (count(*) filter (where state = 'completed'))::integer as completed,
          (select count(distinct asset_id)::integer from results where run_id = ${runId}) as evaluated,
          (select count(*)::integer from results where run_id = ${runId}) as results
        from run_assets where run_id = ${runId}`.execute(sharing.database.kysely)
        assert.deepEqual(rows, [{ assets, completed: assets, evaluated: assets, results: assets }])
      } finally {
        await sharing.close()
      }
    }),
)

test('a worker that is added in the middle of a run shortens it by its share', { skip }, () =>
  withServerDatabase(url, async (databaseUrl) => {
    // A fraction of what two processors can do, so that it is the sessions at a time that decide how long a run takes.
    const concurrency = 5
    const latencyMs = 2000
    const leastAlone = (Math.ceil(assets / concurrency) * latencyMs) / 1000
    const sharing = await Sharing.start(databaseUrl, ['serve'], { concurrency, latencyMs })
    try {
      const [server] = sharing.members
      assert.ok(server)
      const runId = await sharing.run(assets, 'essential')
      while (server.asked.length < assets / 20) await server.nextAsked()
      const worker = await sharing.add('worker')
      while (worker.asked.length === 0) await worker.nextAsked()
      const left = assets - server.asked.length
      assert.equal(await sharing.ended(runId), 'Completed')

      const share = worker.asked.length / left
      assert.ok(share > 0.4 && share < 0.6, `it asked ${worker.asked.length} of the ${left} that were left`)
      const { seconds } = await sharing.database.kysely
        .selectFrom('job_runs')
        .select(sql<number>`extract(epoch from ended_at - started_at)::float8`.as('seconds'))
        .where('id', '=', runId)
        .executeTakeFirstOrThrow()
      // Little more than half of it on an idle machine; on an overloaded one still less than one alone could take.
      assert.ok(seconds < leastAlone, `${seconds} s, and one alone takes ${leastAlone} s at least`)
    } finally {
      await sharing.close()
    }
  }),
)
