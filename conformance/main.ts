import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { whyDifferent } from './documented.ts'
import { scanOurs, scanReferee, type Place, type Verdicts } from './scanners.ts'
import { readStream, withoutBenchmarkPlatform } from './streams.ts'

const help = `Usage: npm run conformance -- [options] [STREAM…]

Scans with plumbline and with oscap, and tells every rule whose results differ. Without streams: those of
/usr/share/xml/scap/ssg/content.

  --profile TEXT      only profiles whose id ends with it (repeatable)
  --root DIR          enter this root by chroot, instead of looking at this machine; needs root, and oscap in it (repeatable)
  --offline DIR       look at this root from outside (repeatable)
  --host              look at this machine too, when roots are given
  --with-platform     leave the Benchmark's own platform in the stream; it is removed without
  --both              streams as shipped, and without the Benchmark's own platform

Exit status: 0 no difference but documented ones, 1 others or a scan that failed.

Examples:
  npm run conformance -- --profile standard ssg-debian12-ds.xml
  npm run conformance -- --root /srv/bookworm --offline /srv/bookworm ssg-debian12-ds.xml ssg-rhel9-ds.xml
`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    profile: { type: 'string', multiple: true, default: [] },
    root: { type: 'string', multiple: true, default: [] },
    offline: { type: 'string', multiple: true, default: [] },
    host: { type: 'boolean', default: false },
    'with-platform': { type: 'boolean', default: false },
    both: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})
if (values.help) {
  process.stdout.write(help)
  process.exit(0)
}

const installed = '/usr/share/xml/scap/ssg/content'
const files =
  positionals.length > 0
    ? positionals
    : readdirSync(installed)
        .filter((name) => name.endsWith('-ds.xml'))
        .map((name) => join(installed, name))
const places: Place[] = [
  ...values.root.map((root) => ({ kind: 'chroot', root: resolve(root) }) as const),
  ...values.offline.map((root) => ({ kind: 'offline', root: resolve(root) }) as const),
]
if (values.host || places.length === 0) places.unshift({ kind: 'host' })
const variants = values.both ? [true, false] : [values['with-platform']]

const folder = mkdtempSync(join(tmpdir(), 'plumbline-conformance-'))
let isWrong = false
try {
  process.stdout.write('| place | stream | profile | rules | equal | documented | different | ours s | oscap s |\n')
  process.stdout.write('|---|---|---|--:|--:|--:|--:|--:|--:|\n')
  for (const place of places) {
    for (const file of files) for (const asShipped of variants) scanWith(place, file, asShipped)
  }
} finally {
  rmSync(folder, { recursive: true })
}
process.exitCode = isWrong ? 1 : 0

function scanWith(place: Place, file: string, asShipped: boolean): void {
  const text = readFileSync(file, 'utf8')
  const stream = join(folder, basename(file))
  writeFileSync(stream, asShipped ? text : withoutBenchmarkPlatform(text))
  const name = `${basename(file, '-ds.xml')}${asShipped ? '' : ', any platform'}`
  const where = place.kind === 'host' ? 'host' : `${place.kind} ${basename(place.root)}`
  for (const profile of readStream(stream).profiles) {
    if (values.profile.length > 0 && !values.profile.some((wanted) => profile.endsWith(wanted))) continue
    const short = profile.replace(/^.*_profile_/, '')
    try {
      const ours = scanOurs(place, stream, profile, folder)
      const theirs = scanReferee(place, stream, profile, folder)
      const selected = [...theirs.verdicts].filter(([, result]) => result !== 'notselected')
      const all = differences(ours.verdicts, theirs.verdicts)
      const different = all.filter(({ clause }) => clause === undefined)
      isWrong ||= different.length > 0
      const figures = [selected.length, selected.length - all.length, all.length - different.length, different.length]
      const seconds = [ours, theirs].map((one) => one.seconds.toFixed(1))
      process.stdout.write(`| ${[where, name, short, ...figures, ...seconds].join(' | ')} |\n`)
      for (const { line, clause } of all) {
        process.stdout.write(`    ${line}${clause === undefined ? '' : ' (documented)'}\n`)
      }
    } catch (error) {
      isWrong = true
      process.stdout.write(`| ${[where, name, short].join(' | ')} | ${String(error)} |\n`)
    }
  }
}

interface Difference {
  /** The rule, what we say and what the referee says. */
  readonly line: string
  readonly clause: string | undefined
}

function differences(ours: Verdicts, theirs: Verdicts): Difference[] {
  return [...new Set([...theirs.keys(), ...ours.keys()])].flatMap((rule) => {
    const [mine, referee] = [ours, theirs].map((verdicts) => verdicts.get(rule) ?? 'notselected')
    if (mine === undefined || referee === undefined || mine === referee) return []
    const line = `${rule.replace(/^.*_rule_/, '')}: ${mine}, oscap ${referee}`
    return [{ line, clause: whyDifferent(rule, mine, referee) }]
  })
}
