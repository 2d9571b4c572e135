import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { withoutBenchmarkPlatform } from '../conformance/streams.ts'
import { isInstalled, measure, median, plumbline, row, type Cost } from './lib/scanners.ts'

/** The stream to scan with: BENCH_STREAM, or Debian's; BENCH_PROFILES, by blanks. BENCH_ROOT: a root to look at from outside. */
const given = process.env['BENCH_STREAM'] ?? '/usr/share/xml/scap/ssg/content/ssg-debian11-ds.xml'
const profiles = (process.env['BENCH_PROFILES'] ?? 'standard').split(' ')
const root = process.env['BENCH_ROOT']
const rounds = 3

/** `plumbline scan`, cold, in turn with `oscap` as shipped and without its debugging check; then one walk over many files. */
export async function run(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-bench-'))
  try {
    if (existsSync(given)) scanStream(folder)
    else process.stdout.write(`${given} is not there: name a stream in BENCH_STREAM\n`)
    walkManyFiles(folder)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function scanStream(folder: string): void {
  const stream = join(folder, basename(given))
  writeFileSync(stream, withoutBenchmarkPlatform(readFileSync(given, 'utf8')))
  for (const profile of profiles) {
    const asset = root === undefined ? [] : ['--asset', `root:${root}`]
    const ours = plumbline('scan', '--profile', profile, ...asset, '--results', join(folder, 'ours.xml'), stream)
    const referee = ['oscap', 'xccdf', 'eval', '--profile', profile, '--results', join(folder, 'referee.xml'), stream]
    const name = `${basename(given, '-ds.xml')} ${profile}${root === undefined ? '' : ` in ${root}`}`
    pair(name, ours, referee, root === undefined ? {} : { OSCAP_PROBE_ROOT: root })
  }
}

const files = 114_000
const matches = 2000

/** A rule on world-writable files: the object's filter says which of the files are wanted. */
function walkManyFiles(folder: string): void {
  const tree = join(folder, 'tree')
  for (let at = 0; at < files; at += 1) {
    const directory = join(tree, String(at % 100), String(Math.floor(at / 100) % 20))
    if (at < files / 50) mkdirSync(directory, { recursive: true })
    const path = join(directory, `file-${at}`)
    writeFileSync(path, '')
    if (at % (files / matches) === 0) chmodSync(path, 0o666)
  }
  const benchmark = join(folder, 'walk-xccdf.xml')
  writeFileSync(join(folder, 'walk-oval.xml'), walkDefinitions(tree))
  writeFileSync(benchmark, walkBenchmark)
  const found = measure(['find', tree, '-xdev', '-type', 'f', '-perm', '-0002'])
  process.stdout.write(row(`find, ${files} files, ${matches} matches`, found))
  const results = (name: string): readonly string[] => ['--results', join(folder, `${name}.xml`), benchmark]
  pair(
    `world-writable, ${files} files, ${matches} matches`,
    plumbline('scan', ...results('ours')),
    ['oscap', 'xccdf', 'eval', '--skip-validation', ...results('referee')],
    {},
    process.env['BENCH_AS_SHIPPED'] !== undefined,
  )
}

/** As shipped, the referee takes minutes where there are many matches: `withShipped` says whether to wait for it. */
function pair(
  name: string,
  ours: readonly string[],
  referee: readonly string[],
  environment: Readonly<Record<string, string>>,
  withShipped = true,
): void {
  const runs: Record<'ours' | 'shipped' | 'tuned', Cost[]> = { ours: [], shipped: [], tuned: [] }
  const hasReferee = isInstalled('oscap')
  for (let round = 0; round < rounds; round += 1) {
    runs.ours.push(measure(ours))
    if (hasReferee) runs.tuned.push(measure(referee, { ...environment, SEXP_VALIDATE_DISABLE: '1' }))
    if (hasReferee && withShipped && round === 0) runs.shipped.push(measure(referee, environment))
  }
  process.stdout.write(`${name}\n${row('  plumbline scan', median(runs.ours))}`)
  if (runs.shipped.length > 0) process.stdout.write(row('  oscap as shipped', median(runs.shipped)))
  if (runs.tuned.length === 0) return
  const [mine, theirs] = [median(runs.ours), median(runs.tuned)]
  process.stdout.write(row('  oscap, SEXP_VALIDATE_DISABLE=1', theirs))
  const ratio = (value: (cost: Cost) => number): string => (value(mine) / value(theirs)).toFixed(2)
  process.stdout.write(
    `  ratio: wall ${ratio((one) => one.wallSeconds)}, memory ${ratio((one) => one.peakMebibytes)}\n`,
  )
}

const namespace = 'http://oval.mitre.org/XMLSchema/oval-definitions-5'

const walkDefinitions = (tree: string): string => `<?xml version="1.0" encoding="UTF-8"?>
<oval_definitions xmlns="${namespace}" xmlns:oval="http://oval.mitre.org/XMLSchema/oval-common-5" xmlns:unix="${namespace}#unix">
<generator><oval:schema_version>5.11.2</oval:schema_version><oval:timestamp>2026-01-01T00:00:00</oval:timestamp></generator>
<definitions><definition id="oval:bench:def:1" version="1" class="compliance"><metadata><title>t</title><description>d</description></metadata>
<criteria><criterion test_ref="oval:bench:tst:1"/></criteria></definition></definitions>
<tests><unix:file_test id="oval:bench:tst:1" version="1" check="all" check_existence="none_exist" comment="c"><unix:object object_ref="oval:bench:obj:1"/></unix:file_test></tests>
<objects><unix:file_object id="oval:bench:obj:1" version="1"><unix:behaviors recurse="directories" recurse_direction="down" max_depth="-1" recurse_file_system="local"/>
<unix:path>${tree}</unix:path><unix:filename operation="pattern match">^.*$</unix:filename><filter action="include">oval:bench:ste:1</filter></unix:file_object></objects>
<states><unix:file_state id="oval:bench:ste:1" version="1"><unix:type>regular</unix:type><unix:owrite datatype="boolean">true</unix:owrite></unix:file_state></states>
</oval_definitions>
`

const walkBenchmark = `<?xml version="1.0" encoding="UTF-8"?>
<Benchmark xmlns="http://checklists.nist.gov/xccdf/1.2" id="xccdf_bench_benchmark_walk" resolved="1"><status>draft</status><title>t</title><version>1</version>
<Rule id="xccdf_bench_rule_walk" selected="true"><title>t</title><check system="${namespace}"><check-content-ref href="walk-oval.xml" name="oval:bench:def:1"/></check></Rule>
</Benchmark>
`
