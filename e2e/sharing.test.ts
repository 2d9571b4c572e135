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
