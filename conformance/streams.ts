import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { readContent, type ProfileChange } from '@plumbline/scap'

/** A data stream to be scanned with, and what of it. */
export interface Stream {
  readonly path: string
  readonly name: string
  readonly profiles: readonly string[]
}

/** With the profiles that select most rules first. */
export function readStream(path: string): Stream {
  const { benchmarks } = readContent({ name: basename(path), data: readFileSync(path) })
  const profiles = benchmarks.flatMap(({ benchmark }) => benchmark.profiles)
  const sizes = new Map(profiles.map(({ id, changes }) => [id, changes.filter(isSelection).length] as const))
  return {
    path,
    name: basename(path),
    profiles: [...sizes].toSorted(([, one], [, other]) => other - one).map(([id]) => id),
  }
}

const isSelection = (change: ProfileChange): boolean => change.kind === 'select' && change.selected

/**
 * The text of a stream without the `platform` of its Benchmark: what was written for another system is then judged on
 * this one. Those of groups and rules stay.
 */
export function withoutBenchmarkPlatform(text: string): string {
  const from = text.search(/<(?:[\w.-]+:)?Benchmark\b/)
  const to = text.slice(from).search(/<(?:[\w.-]+:)?(?:Group|Profile|Rule|Value)\b/)
  if (from === -1 || to === -1) return text
  const head = text.slice(from, from + to).replace(/<((?:[\w.-]+:)?)platform idref="[^"]*"(?:\/>|><\/\1platform>)/g, '')
  return text.slice(0, from) + head + text.slice(from + to)
}
