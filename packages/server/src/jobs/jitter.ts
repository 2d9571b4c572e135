import { createHash } from 'node:crypto'

/**
 * How many seconds after its turn an asset of a run is asked, from 0 to `mostSeconds`: the same for the same run and
 * asset whoever works it out, another one in the next run, spread evenly over many. So jobs that are due at one moment do
 * not meet their targets, or what stands before them, in the same second.
 */
export function jitterSeconds(runId: string, assetId: string, mostSeconds: number): number {
  const digest = createHash('sha256').update(`${runId} ${assetId}`).digest()
  return Math.floor((digest.readUInt32BE() / 2 ** 32) * (mostSeconds + 1))
}
