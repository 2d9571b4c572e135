import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { withoutBenchmarkPlatform } from '../conformance/streams.ts'
import { foldersOfOurs, openPlace, type Place } from '../conformance/places.ts'
import { project } from '../conformance/scanners.ts'
import { isInstalled, measure, median, plumbline, row, tableHead, tableRow, type Cost } from './lib/scanners.ts'

/**
 * The stream to scan with: BENCH_STREAM, or Debian's; BENCH_PROFILES, by blanks. BENCH_CHROOT: a root to enter (it needs
 * oscap inside, and gets an empty folder for each that is mounted there). BENCH_ROOT: a root to look at from outside.
 */
const given = process.env['BENCH_STREAM'] ?? '/usr/share/xml/scap/ssg/content/ssg-debian11-ds.xml'
const profiles = (process.env['BENCH_PROFILES'] ?? 'standard').split(' ')
const [root, outside] = [process.env['BENCH_CHROOT'], process.env['BENCH_ROOT']]
const rounds = 3
/** As shipped, the referee takes minutes for a large profile on a busy machine, and for the walk on any. */
const waitsForShipped = process.env['BENCH_AS_SHIPPED'] !== undefined

/** `plumbline scan`, each time a new process, in turn with `oscap`; then one walk over many files. */
export async function run(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-bench-'))
  try {
    process.stdout.write(tableHead)
    if (existsSync(given)) await scanStream(folder)
    else process.stdout.write(`${given} is not there: name a stream in BENCH_STREAM\n`)
    walkManyFiles(folder)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

async function scanStream(folder: string): Promise<void> {
  const stream = join(folder, basename(given))
  writeFileSync(stream, withoutBenchmarkPlatform(readFileSync(given, 'utf8')))
  const where: Place =
    root !== undefined
      ? { kind: 'chroot', root }
      : outside !== undefined
        ? { kind: 'offline', root: outside }
        : { kind: 'host' }
  const place = await openPlace(where, { shared: [folder, ...foldersOfOurs(project)] })
  try {
    for (const profile of profiles) {
      const asset = place.offlineRoot === undefined ? [] : ['--asset', `root:${place.offlineRoot}`]
      const scan = plumbline('scan', '--profile', profile, ...asset, '--results', join(folder, 'ours.xml'), stream)
      const evaluate = ['xccdf', 'eval', '--profile', profile, '--results', join(folder, 'referee.xml'), stream]
      const isSmall = profile === 'standard'
      pair({
        name: `${basename(given, '-ds.xml')}, ${profile}, ${place.name}`,
        ours: place.enter(scan),
        referee: place.enterReferee(['oscap', ...evaluate]),
        environment: place.offlineRoot === undefined ? {} : { OSCAP_PROBE_ROOT: place.offlineRoot },
        wanted: { wall: isSmall ? 0.6 : 0.4, memory: isSmall ? 0.6 : 0.7 },
        withShipped: isSmall || waitsForShipped,
      })
    }
  } finally {
    await place.close()
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
  const find = ['find', tree, '-xdev', '-type', 'f', '-perm', '-0002']
  const results = (name: string): readonly string[] => ['--results', join(folder, `${name}.xml`), benchmark]
  const name = `world-writable, ${files} files, ${matches} matches`
  const { ours } = pair({
    name,
    ours: plumbline('scan', ...results('ours')),
    referee: ['oscap', 'xccdf', 'eval', '--skip-validation', ...results('referee')],
    environment: {},
    wanted: undefined,
    withShipped: waitsForShipped,
  })
  const found = median(Array.from({ length: rounds }, () => measure(find)))
  const beside = (what: string, value: (cost: Cost) => number): string =>
    tableRow({
      name: `${name}: ${what}, beside find`,
      theirs: `find ${seconds(value(found))}`,
      ours: seconds(value(ours)),
      ratio: value(ours) / value(found),
      wanted: '5',
    })
  process.stdout.write(beside('wall', ({ wallSeconds }) => wallSeconds) + beside('CPU', ({ cpuSeconds }) => cpuSeconds))
}

interface Pair {
  readonly name: string
  readonly ours: readonly string[]
  readonly referee: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  readonly wanted: { readonly wall: number; readonly memory: number } | undefined
  /** As shipped, the referee takes minutes where there are many matches. */
  readonly withShipped: boolean
}

/** Measures both in turn and prints their rows. Without its cache of compiled code (a first start) we are measured once. */
function pair({ name, ours, referee, environment, wanted, withShipped }: Pair): { readonly ours: Cost } {
  const runs: Record<'ours' | 'shipped' | 'tuned', Cost[]> = { ours: [], shipped: [], tuned: [] }
  const hasReferee = isInstalled('oscap')
  const first = measure(ours, { NODE_DISABLE_COMPILE_CACHE: '1' })
  for (let round = 0; round < rounds; round += 1) {
    runs.ours.push(measure(ours))
    if (hasReferee) runs.tuned.push(measure(referee, { ...environment, SEXP_VALIDATE_DISABLE: '1' }))
    if (hasReferee && withShipped && round === 0) runs.shipped.push(measure(referee, environment))
  }
  const mine = median(runs.ours)
  const theirs = runs.tuned.length === 0 ? undefined : median(runs.tuned)
  const line = (what: string, value: (cost: Cost) => number, print: (value: number) => string, most?: number): void => {
    process.stdout.write(
      tableRow({
        name: `${name}: ${what}`,
        theirs: theirs === undefined ? '–' : print(value(theirs)),
        ours: print(value(mine)),
        ratio: theirs === undefined ? undefined : value(mine) / value(theirs),
        wanted: most === undefined ? '' : String(most),
      }),
    )
  }
  line('wall', (cost) => cost.wallSeconds, seconds, wanted?.wall)
  line('CPU', (cost) => cost.cpuSeconds, seconds)
  line(
    'peak memory',
    (cost) => cost.peakMebibytes,
    (mebibytes) => `${mebibytes.toFixed(0)} MiB`,
    wanted?.memory,
  )
  process.stdout.write(row('  ours, without compiled code', first))
  for (const shipped of runs.shipped) process.stdout.write(row('  oscap as shipped', shipped))
  return { ours: mine }
}

const seconds = (value: number): string => `${value.toFixed(2)} s`

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
