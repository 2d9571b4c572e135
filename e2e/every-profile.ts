import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { evaluateBenchmark, planCollection, readContent, resolveProfile } from '@plumbline/scap'
import type { BenchmarkContent, CollectionPlan, SystemCharacteristics } from '@plumbline/scap'

const contentFolder = join(import.meta.dirname, '../content')
export const bundledStandard = join(
  contentFolder,
  readdirSync(contentFolder, { recursive: true, encoding: 'utf8' }).find((name) => name.endsWith('-ds.xml')) ?? '',
)
const debianStreams = '/usr/share/xml/scap/ssg/content'

/** A stream whose profiles are all scanned. */
export interface Stream {
  readonly name: string
  readonly content: BenchmarkContent
}

const debianNames = ['ssg-debian12-ds.xml', 'ssg-debian11-ds.xml']

/** The bundled one, and Debian's own: where its package is not installed that is said, and in CI it is an error. */
export function streams(): Stream[] {
  const bundled = { name: 'the bundled standard', content: readStream(bundledStandard) }
  const debian = debianNames.map((name) => join(debianStreams, name)).find(existsSync)
  if (debian !== undefined) return [bundled, { name: 'the Debian stream', content: readStream(debian) }]
  const absent = `${debianStreams} has none of ${debianNames.join(', ')} (Debian: ssg-debian)`
  if (process.env['CI'] === 'true') throw new Error(absent)
  process.stderr.write(`only the bundled standard is scanned: ${absent}\n`)
  return [bundled]
}

/** Without the platform of the whole benchmark: a stream for another release applies here too. Those of groups and rules stay. */
export function readStream(path: string): BenchmarkContent {
  const text = readFileSync(path, 'utf8')
  const start = text.search(/<(?:[\w.-]+:)?Benchmark[\s>]/)
  const end = start + text.slice(start).search(/<(?:[\w.-]+:)?(?:Profile|Group|Rule)[\s>]/)
  const head = text.slice(start, end).replace(/<(?:[\w.-]+:)?platform idref="[^"]*"\s*\/>/g, '')
  const data = Buffer.from(text.slice(0, start) + head + text.slice(end))
  const [benchmark] = readContent({ name: path, data }, () => undefined).benchmarks
  assert.ok(benchmark)
  return benchmark
}

const profilesOf = ({ benchmark }: BenchmarkContent): readonly (string | undefined)[] => [
  ...benchmark.profiles.map(({ id }) => id),
  ...(benchmark.profiles.length === 0 ? [undefined] : []),
]

/** What all profiles ask together: each object is collected once. */
export const planOfAll = (content: BenchmarkContent): CollectionPlan =>
  profilesOf(content).flatMap((id) => planCollection(content, resolveProfile(content.benchmark, id, undefined)))

/** The verdict of every rule of every profile that tells something. */
export function verdictsOf(
  content: BenchmarkContent,
  collected: SystemCharacteristics,
  now: Date,
): Map<string, string> {
  const verdicts = new Map<string, string>()
  for (const id of profilesOf(content)) {
    const profile = resolveProfile(content.benchmark, id, undefined)
    for (const { ruleId, result } of evaluateBenchmark(content, profile, collected, { now }).rules) {
      if (result !== 'notselected') verdicts.set(`${id ?? 'default'} ${ruleId}`, result)
    }
  }
  for (const result of ['pass', 'fail']) {
    assert.ok([...verdicts.values()].filter((one) => one === result).length > 2, `hardly any rule is ${result}`)
  }
  return verdicts
}
