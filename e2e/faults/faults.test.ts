import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { PostgresCluster } from './postgres.ts'
import { storm } from './storm.ts'

/**
 * A minute of what `npm run faults` does for as long as it is asked to. The seed is printed; give it to that command to
 * have the same faults again.
 */
const noPostgres =
  PostgresCluster.binaries === undefined && process.env['CI'] !== 'true' ? 'PostgreSQL is not installed' : false

describe('kill -9 at any point', { concurrency: true }, () => {
  for (const [database, kills, skip] of [
    ['postgres', 8, noPostgres],
    ['embedded', 5, false],
  ] as const) {
    it(`loses nothing and does nothing twice, ${database}`, { skip }, async (t) => {
      const seed = Math.floor(Math.random() * 2 ** 32)
      t.diagnostic(`npm run faults -- --database ${database} --kills ${kills} --seed ${seed}`)
      const { counts, violations } = await storm({ database, kills, seed, isShort: true, say: () => undefined })
      for (const [name, count] of Object.entries(counts)) t.diagnostic(`${count} ${name}`)
      assert.deepEqual(violations, [])
      assert.ok((counts['writes acknowledged'] ?? 0) > kills, 'hardly anything was under way')
      assert.ok((counts['runs'] ?? 0) > 1)
    })
  }
})
