import assert from 'node:assert/strict'
import { scanMany } from '../e2e/many-assets.ts'

/** What the second half of the assets may add to what the server has in use; it is the same for any number of them. */
const mostMegabytesMore = 8

/**
 * 500 real sessions (or BENCH_ASSETS) by one worker, on the embedded database or that of BENCH_DATABASE_URL, an empty one:
 * throughput, sessions at once, and memory. Fails where an asset comes to anything else than it should, more
 * than the configured number of sessions are open at once, or memory grows with the assets.
 */
export async function run(): Promise<void> {
  const [good, refused, closed, sessions] = [Number(process.env['BENCH_ASSETS'] ?? '500'), 5, 5, 20]
  const found = await scanMany({
    good,
    refused,
    closed,
    sessions,
    databaseUrl: process.env['BENCH_DATABASE_URL'],
  })
  const { outcomes, mostAtOnce, connections, seconds, cpuSeconds, memory, used } = found
  process.stdout.write(`${JSON.stringify(outcomes)}\n`)
  process.stdout.write(
    `${seconds.toFixed(1)} s wall, ${(good / seconds).toFixed(2)} assets/s, ${(cpuSeconds / good).toFixed(3)} s CPU of the server per asset\n`,
  )
  process.stdout.write(`connections: ${connections}, at most ${mostAtOnce} at once (${sessions} configured)\n`)
  for (const part of [0.02, 0.1, 0.25, 0.5, 0.75, 1]) {
    const at = memory.findLast(({ ended }) => ended <= good * part)
    if (at !== undefined) process.stdout.write(`memory when ${at.ended} assets had ended: ${at.megabytes} MB\n`)
  }
  process.stdout.write(
    `in use after garbage was collected: ${used.map((one) => `${one.toFixed(1)} MB`).join(', then ')}\n`,
  )
  assert.deepEqual(outcomes, {
    completed: good,
    'failed: auth-refused': refused,
    'failed: connection-refused': closed,
  })
  assert.equal(connections, good + refused, 'each asset that listens is connected to once')
  assert.ok(mostAtOnce <= sessions, 'no more sessions at once than are configured')
  const [half = 0, all = 0] = used
  assert.ok(all - half < mostMegabytesMore, `the second half added ${(all - half).toFixed(1)} MB to what is in use`)
}
