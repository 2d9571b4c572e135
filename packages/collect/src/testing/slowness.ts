import { availableParallelism, loadavg } from 'node:os'

/**
 * How many times as long something may take as on a machine that has nothing else to do: half as long again, and as much
 * longer as there are more at work than processors. TEST_SLOWNESS is the least, for a machine that is slow by itself.
 */
export function slowness(): number {
  const [atWork = 0] = loadavg()
  return Math.max(Number(process.env['TEST_SLOWNESS'] ?? 1.5), (1.5 * atWork) / availableParallelism())
}
