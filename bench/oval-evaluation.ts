import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { collect, openLocalSession } from '@plumbline/collect'
import {
  createEvaluation,
  descendants,
  mentionedBy,
  parseOval,
  readContent,
  readXml,
  writeElement,
  writeSystemCharacteristics,
  writeXml,
  type OvalContent,
} from '@plumbline/scap'
import { isInstalled, measure, median, row, tableHead, tableRow } from './lib/scanners.ts'

/** The stream whose checks are evaluated: BENCH_STREAM, or Debian's. The import is measured on BENCH_LARGEST. */
const given = process.env['BENCH_STREAM'] ?? '/usr/share/xml/scap/ssg/content/ssg-debian11-ds.xml'
const largest = process.env['BENCH_LARGEST'] ?? '/usr/share/xml/scap/ssg/content/ssg-rhel8-ds.xml'
const evaluations = 1000

/**
 * Evaluating what was collected, with the document parsed and the evidence in memory; each time all verdicts are worked out
 * anew. Warm beside `oscap oval analyse`, and a thousand times; reading a large stream.
 */
export async function run(): Promise<void> {
  const missing = [given, largest].find((file) => !existsSync(file))
  if (missing !== undefined) {
    process.stdout.write(`${missing} is not there: name streams in BENCH_STREAM and BENCH_LARGEST\n`)
    return
  }
  await evaluate()
  importLargest()
}

async function evaluate(): Promise<void> {
  const root = [...descendants(readXml(readFileSync(given), basename(given)))]
    .filter(({ name }) => name === 'oval_definitions')
    .reduce((one, other) => (one.children.length * one.content.length > other.content.length ? one : other))
  const content = parseOval(root)
  // Walks are for the scan's measurements; what they find changes nothing here.
  const definitionIds = Object.keys(content.definitions).filter((id) => !walks(content, id))
  const now = new Date()
  const { objects, systemInfo } = await collect(
    openLocalSession(),
    [{ content, definitionIds, externalVariables: {} }],
    { now },
  )
  const judge = () => {
    const evaluation = createEvaluation({ content, source: { find: (digest) => objects[digest] }, now })
    for (const id of definitionIds) evaluation.result(id)
    return evaluation
  }
  const evaluation = judge()
  const heap: number[] = []
  const verdicts = timed(evaluations, (at) => {
    judge()
    if (at % (evaluations / 4) === 0) heap.push(liveMebibytes())
  })
  const trees = timed(evaluations / 10, () => {
    const one = judge()
    for (const id of definitionIds) one.definition(id)
  })
  process.stdout.write(
    `${basename(given, '-ds.xml')}: ${definitionIds.length} definitions, evaluated ${evaluations} times; memory in use after each quarter ${heap.map((mib) => mib.toFixed(1)).join(', ')} MiB, resident ${(process.memoryUsage().rss / 2 ** 20).toFixed(0)} MiB\n`,
  )
  if (!isInstalled('oscap')) return
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-bench-'))
  try {
    const [definitions, characteristics] = [join(folder, 'definitions.xml'), join(folder, 'characteristics.xml')]
    const generator = { productName: 'plumbline', productVersion: '0', timestamp: now.toISOString() }
    writeFileSync(
      definitions,
      writeXml((writer) => writeElement(writer, root)),
    )
    const input = { content, evaluation, systemInfo, generator, definitionIds }
    writeFileSync(
      characteristics,
      writeXml((writer) => writeSystemCharacteristics(writer, input)),
    )
    const results = join(folder, 'results.xml')
    const analyse = [
      'oscap',
      'oval',
      'analyse',
      '--skip-validation',
      '--results',
      results,
      definitions,
      characteristics,
    ]
    const cost = median([1, 2, 3].map(() => measure(analyse, { SEXP_VALIDATE_DISABLE: '1' })))
    process.stdout.write(row('  oscap oval analyse, all definitions, its results written', cost))
    const name = `${definitionIds.length} definitions from evidence, warm`
    const line = (what: string, theirSeconds: number, ours: number, wanted: string): string =>
      tableRow({
        name: `${name}: ${what}`,
        theirs: `${(theirSeconds * 1000).toFixed(0)} ms`,
        ours: `${ours.toFixed(2)} ms`,
        ratio: ours / theirSeconds / 1000,
        wanted,
      })
    process.stdout.write(
      tableHead +
        line('verdicts, wall', cost.wallSeconds, verdicts.wall, '1/40 = 0.025') +
        line('verdicts, CPU', cost.cpuSeconds, verdicts.cpu, '') +
        line('with the criteria trees, CPU', cost.cpuSeconds, trees.cpu, ''),
    )
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** Milliseconds that one of many takes. */
function timed(times: number, work: (at: number) => void): { readonly wall: number; readonly cpu: number } {
  const [began, used] = [performance.now(), process.cpuUsage()]
  for (let at = 1; at <= times; at += 1) work(at)
  const { user, system } = process.cpuUsage(used)
  return { wall: (performance.now() - began) / times, cpu: (user + system) / 1000 / times }
}

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

/** Without what is only waiting to be forgotten. */
function liveMebibytes(): number {
  collectGarbage()
  return process.memoryUsage().heapUsed / 2 ** 20
}

function walks(content: OvalContent, definitionId: string): boolean {
  return mentionedBy(content, [definitionId]).objects.some((id) => {
    const { behaviors, entities } = content.objects[id]!
    return behaviors['recurse_direction'] !== undefined || entities.some(({ value }) => value.startsWith('^/proc'))
  })
}

function importLargest(): void {
  const data = readFileSync(largest)
  const began = performance.now()
  const { benchmarks } = readContent({ name: basename(largest), data })
  const seconds = (performance.now() - began) / 1000
  const peak = process.resourceUsage().maxRSS / 1024
  const size = (data.length / 1e6).toFixed(1)
  process.stdout.write(
    `import of ${basename(largest)}, ${size} MB, ${benchmarks.length} benchmark: ${seconds.toFixed(2)} s; this process has had ${peak.toFixed(0)} MiB at most\n`,
  )
}
