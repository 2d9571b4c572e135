import { chmodSync, existsSync, lstatSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { askedBy } from './asked.ts'
import { compareVerdicts, type Comparison } from './comparison.ts'
import { isDenied } from './denials.ts'
import { foldersOfOurs, openPlace, type OpenPlace, type Place } from './places.ts'
import { project, scanOurs, scanReferee } from './scanners.ts'
import { installed, installedStreams, readStream, withoutBenchmarkPlatform, withoutDependencies } from './streams.ts'

const help = `Usage: npm run conformance -- [options] [STREAM…]

Scans with plumbline and with oscap, and tells every rule whose results differ. Without streams: all of
/usr/share/xml/scap/ssg/content, of SCAP 1.3 and 1.2.

  --profile TEXT      only profiles whose id ends with it (repeatable)
  --largest N         only the N profiles of each stream that select most rules
  --root DIR          enter this root by chroot, instead of looking at this machine; needs root, and oscap in it (repeatable)
  --offline DIR       look at this root from outside (repeatable)
  --booted DIR        boot this root with systemd-nspawn and enter it; the same needs, and systemd in it (repeatable)
  --referee DIR       let the oscap in this root look at the roots from outside: 1.3 knows no Debian packages there, 1.4 does
  --host              look at this machine too, when roots are given
  --user NAME         scan as this account, which may not read everything, wherever it is
  --with-platform     leave the Benchmark's own platform in the stream; it is removed without
  --both              streams as shipped, and without the Benchmark's own platform
  --without-requires  leave out what rules require and what they conflict with, where oscap 1.3 ends by an assertion

The roots are made by \`npm run conformance:roots -- DIR\`. The last table sums up each place and stream.
Exit status: 0 no difference but documented ones, 1 others or a scan that failed.

Examples:
  npm run conformance -- --profile standard ssg-debian12-ds.xml
  npm run conformance -- --root /srv/bookworm --offline /srv/bookworm --largest 2 ssg-debian12-ds.xml ssg-rhel9-ds.xml
`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    profile: { type: 'string', multiple: true, default: [] },
    largest: { type: 'string', default: 'Infinity' },
    root: { type: 'string', multiple: true, default: [] },
    offline: { type: 'string', multiple: true, default: [] },
    booted: { type: 'string', multiple: true, default: [] },
    host: { type: 'boolean', default: false },
    user: { type: 'string' },
    referee: { type: 'string' },
    'with-platform': { type: 'boolean', default: false },
    both: { type: 'boolean', default: false },
    'without-requires': { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})
if (values.help) {
  process.stdout.write(help)
  process.exit(0)
}

const files = positionals.length > 0 ? positionals : installedStreams()
const absent = files.filter((file) => !existsSync(file))
if (files.length === 0 || absent.length > 0) {
  process.stderr.write(files.length === 0 ? `${installed} has no streams\n` : `not there: ${absent.join(', ')}\n`)
  process.exit(1)
}
const places: Place[] = [
  ...values.root.map((root) => ({ kind: 'chroot', root: resolve(root) }) as const),
  ...values.offline.map((root) => ({ kind: 'offline', root: resolve(root) }) as const),
  ...values.booted.map((root) => ({ kind: 'booted', root: resolve(root) }) as const),
]
for (const root of values.root) {
  // A link to what is there only inside is there, too.
  if (lstatSync(join(root, 'etc/mtab'), { throwIfNoEntry: false }) !== undefined) continue
  process.stderr.write(
    `${root} has no /etc/mtab, without which oscap's walks over local file systems find nothing. Make one: ` +
      `ln -s ../proc/self/mounts ${join(root, 'etc/mtab')}\n`,
  )
  process.exit(1)
}
if (values.host || places.length === 0) places.unshift({ kind: 'host' })
const variants = values.both ? [true, false] : [values['with-platform']]

/** What one place and stream came to. */
interface Sum {
  profiles: number
  rules: number
  equal: number
  documented: number
  different: number
}

const sums = new Map<string, Sum>()
const folder = mkdtempSync(join(tmpdir(), 'plumbline-conformance-'))
// Results are written by whoever scans.
chmodSync(folder, 0o777)
let isWrong = false
try {
  process.stdout.write('| place | stream | profile | rules | equal | documented | different | ours s | oscap s |\n')
  process.stdout.write('|---|---|---|--:|--:|--:|--:|--:|--:|\n')
  for (const place of places) await scanIn(place)
  writeSums()
} finally {
  rmSync(folder, { recursive: true })
}
process.exitCode = isWrong ? 1 : 0

async function scanIn(place: Place): Promise<void> {
  const open = await openPlace(place, {
    shared: [folder, ...foldersOfOurs(project)],
    user: values.user,
    refereeRoot: values.referee === undefined ? undefined : resolve(values.referee),
  })
  try {
    for (const file of files) for (const asShipped of variants) scanWith(open, file, asShipped)
  } finally {
    await open.close()
  }
}

function scanWith(place: OpenPlace, file: string, asShipped: boolean): void {
  const shipped = readFileSync(file, 'utf8')
  const isWithoutRequires = values['without-requires']
  const text = isWithoutRequires ? withoutDependencies(shipped) : shipped
  const stream = join(folder, basename(file))
  writeFileSync(stream, asShipped ? text : withoutBenchmarkPlatform(text))
  const name = `${basename(file, '.xml').replace(/-ds$/, '')}${asShipped ? '' : ', any platform'}${isWithoutRequires ? ', no requires' : ''}`
  const { benchmarks, profiles } = readStream(stream)
  const { profile: endings, largest } = values
  const wanted: readonly (string | undefined)[] =
    profiles.length === 0 && endings.length === 0
      ? [undefined]
      : profiles.filter((profile) => endings.length === 0 || endings.some((ending) => profile.endsWith(ending)))
  for (const profile of wanted.slice(0, Number(largest))) {
    const short = profile?.replace(/^.*_profile_/, '') ?? '(none)'
    try {
      const ours = scanOurs(place, stream, profile, folder)
      const theirs = scanReferee(place, stream, profile, folder)
      const comparison: Comparison = {
        place: place.name,
        ours: ours.verdicts,
        theirs: theirs.verdicts,
        askedBy: (rule) => askedBy(benchmarks, rule),
        wasDenied: (rule) => [...(ours.denials.get(rule) ?? [])].some((path) => isDenied(place, path)),
      }
      const first = compareVerdicts(comparison)
      const { rules, equal, differences } = first.differences.some(({ clause }) => clause === undefined)
        ? compareVerdicts({ ...comparison, again: scanOurs(place, stream, profile, folder).verdicts })
        : first
      const different = differences.filter(({ clause }) => clause === undefined).length
      const documented = differences.length - different
      isWrong ||= different > 0
      count(`${place.name} | ${name}`, { rules, equal, documented, different })
      const figures = [rules, equal, documented, different]
      const seconds = [ours, theirs].map((one) => one.seconds.toFixed(1))
      process.stdout.write(`| ${[place.name, name, short, ...figures, ...seconds].join(' | ')} |\n`)
      for (const { line, clause } of differences) {
        process.stdout.write(`    ${line}${clause === undefined ? '' : ' (documented)'}\n`)
      }
    } catch (error) {
      isWrong = true
      process.stdout.write(`| ${[place.name, name, short].join(' | ')} | ${String(error).replaceAll(/\s+/g, ' ')} |\n`)
    }
  }
}

function count(key: string, { rules, equal, documented, different }: Omit<Sum, 'profiles'>): void {
  const sum = sums.get(key) ?? { profiles: 0, rules: 0, equal: 0, documented: 0, different: 0 }
  sums.set(key, sum)
  sum.profiles += 1
  sum.rules += rules
  sum.equal += equal
  sum.documented += documented
  sum.different += different
}

function writeSums(): void {
  process.stdout.write('\n| place | stream | profiles | rules | equal | documented | different |\n')
  process.stdout.write('|---|---|--:|--:|--:|--:|--:|\n')
  for (const [key, { profiles, rules, equal, documented, different }] of sums) {
    const figures = [profiles, rules, equal, documented, different]
    process.stdout.write(`| ${[key, ...figures].join(' | ')} |\n`)
  }
}
