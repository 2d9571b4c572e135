import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { readContent, resolveProfile, type BenchmarkContent } from '@plumbline/scap'

/** Where Debian's ssg packages put their content. */
export const installed = '/usr/share/xml/scap/ssg/content'

/** The data streams in a folder, of SCAP 1.3 and of 1.2 (`-ds-1.2.xml`). */
export function installedStreams(folder = installed): string[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder)
    .filter((name) => /-ds(?:-1\.[0-9])?\.xml$/.test(name))
    .toSorted()
    .map((name) => join(folder, name))
}

/** A data stream to be scanned with, and what of it. */
export interface Stream {
  readonly benchmarks: readonly BenchmarkContent[]
  readonly profiles: readonly string[]
}

/** With the profiles that select most rules first, whether they do so themselves or by what they extend. */
export function readStream(path: string): Stream {
  const { benchmarks } = readContent({ name: basename(path), data: readFileSync(path) })
  const sizes = new Map(
    benchmarks.flatMap(({ benchmark }) =>
      benchmark.profiles.map(({ id }) => {
        const { rules } = resolveProfile(benchmark, id)
        return [id, rules.filter(({ selected }) => selected).length] as const
      }),
    ),
  )
  return {
    benchmarks,
    profiles: [...sizes].toSorted(([, one], [, other]) => other - one).map(([id]) => id),
  }
}

/**
 * The text of a stream without the `platform` of its Benchmarks: what was written for another system is then judged on
 * this one. Those of groups and rules stay.
 */
export function withoutBenchmarkPlatform(text: string): string {
  return text.replace(benchmarkHead, (head) => head.replace(element('platform', 'idref'), ''))
}

/**
 * The text of a stream whose rules and groups neither require nor exclude each other: oscap 1.3 ends by an assertion
 * where such an item is not in the profile.
 */
export function withoutDependencies(text: string): string {
  return text.replace(wholeBenchmark, (benchmark) => benchmark.replace(element('(?:requires|conflicts)', 'idref'), ''))
}

const wholeBenchmark = /<(?:[\w.-]+:)?Benchmark\b[\s\S]*?<\/(?:[\w.-]+:)?Benchmark\s*>/g
/** As far as the first of its items, which may have platforms of their own. */
const benchmarkHead =
  /<(?:[\w.-]+:)?Benchmark\b[\s\S]*?(?:<(?:[\w.-]+:)?(?:Group|Profile|Rule|Value)\b|<\/(?:[\w.-]+:)?Benchmark\s*>)/g

/** An empty element of any namespace that has this attribute. */
function element(name: string, attribute: string): RegExp {
  return new RegExp(`<((?:[\\w.-]+:)?${name})\\s(?:[^>]*\\s)?${attribute}=[^>]*?(?:/>|>\\s*</\\1\\s*>)`, 'g')
}
