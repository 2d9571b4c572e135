import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { SteppedClock } from './clock.ts'
import { PostgresCluster } from './postgres.ts'
import { storm } from './storm.ts'

/**
 * A minute of what `npm run faults` does for as long as it is asked to. The seed is printed; give it to that command to
 * have the same faults again.
 */
const noPostgres =
  PostgresCluster.binaries === undefined && process.env['CI'] !== 'true' ? 'PostgreSQL is not installed' : false

it('has a clock to step where nothing may be left out', () => {
  assert.ok(SteppedClock.library !== undefined || process.env['CI'] !== 'true', 'install the Debian package faketime')
})

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
      if (SteppedClock.library === undefined) return t.diagnostic('libfaketime is not installed: no clock was stepped')
      assert.ok((counts['steps of a clock'] ?? 0) > 2)
      assert.ok((counts['mails refused by their server'] ?? 0) > 0, 'no mail was tried while its server refused')
    })
  }
})
