import { scanMany } from '../e2e/many-assets.ts'

/**
 * 500 real sessions (or BENCH_ASSETS) by one worker, on the embedded database or that of BENCH_DATABASE_URL, an empty one:
 * throughput, sessions at once, and whether memory grows with the number of assets.
 */
export async function run(): Promise<void> {
  const [good, sessions] = [Number(process.env['BENCH_ASSETS'] ?? '500'), 20]
  const found = await scanMany({
    good,
    refused: 5,
    closed: 5,
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
}
