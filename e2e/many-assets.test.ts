import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { noSshd } from '../packages/collect/src/transports/ssh/testing/sshd.ts'
import { withoutTestServer } from '../packages/server/src/db/testing-server.ts'
import { withServerDatabase } from '../packages/server/src/db/testing.ts'
import { scanMany } from './many-assets.ts'

/** What of one asset were kept in memory would be more. */
const mostKilobytesAnAsset = 400

async function readsMany(t: TestContext, databaseUrl?: string): Promise<void> {
  // None that does not listen: it is tried three times, which takes as long as all the others; scan-over-ssh.test.ts has one.
  const options = { good: 36, refused: 4, closed: 0, sessions: 4, databaseUrl }
  const { outcomes, mostAtOnce, connections, seconds, memory, used } = await scanMany(options)
  const [half = 0, all = 0] = used
  t.diagnostic(
    `${(40 / seconds).toFixed(1)} assets/s; ${mostAtOnce} at once; in use ${half.toFixed(1)} MB after 20, ${all.toFixed(1)} MB after 40; resident ${memory.at(-1)?.megabytes} MB`,
  )
  assert.deepEqual(outcomes, { completed: 36, 'failed: auth-refused': 4 })
  // Each good and each refused asset was connected to once, four at a time and never more.
  assert.equal(connections, 40)
  assert.ok(mostAtOnce > 1 && mostAtOnce <= 4, `${mostAtOnce} at once`)
  assert.ok(all - half < (20 * mostKilobytesAnAsset) / 1024, `in use ${half} MB after 20 assets, ${all} MB after 40`)
}

test(
  'many assets: no more sessions at once than are configured, a failure is its own asset’s, and memory does not grow with them',
  { skip: noSshd, timeout: 280_000 },
  (t) => readsMany(t),
)

test('the same on a PostgreSQL server', { skip: noSshd || withoutTestServer(), timeout: 280_000 }, (t) =>
  withServerDatabase(process.env['TEST_DATABASE_URL'], (url) => readsMany(t, url)),
)
