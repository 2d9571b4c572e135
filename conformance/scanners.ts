import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { basename, join } from 'node:path'
import { readDenials } from './denials.ts'
import type { Command, OpenPlace } from './places.ts'

export const project = join(import.meta.dirname, '..')

/** Rule id → its results; a check with several definitions gives a rule several. */
export type Verdicts = ReadonlyMap<string, string>

export interface Scan {
  readonly verdicts: Verdicts
  readonly seconds: number
}

export interface OurScan extends Scan {
  /** Rule id → paths that the account may not look into. */
  readonly denials: ReadonlyMap<string, ReadonlySet<string>>
}

/** `plumbline scan`; without a profile what the benchmark itself selects. */
export function scanOurs(place: OpenPlace, stream: string, profile: string | undefined, folder: string): OurScan {
  const results = join(folder, 'ours.xml')
  const report = join(folder, 'ours.json')
  const asset = place.offlineRoot === undefined ? [] : ['--asset', `root:${place.offlineRoot}`]
  const entry = join(project, 'packages/cli/src/main.ts')
  const reports = ['--results', results, ...(place.isRoot ? [] : ['--json', report])]
  const options = ['--allow-scripts', ...named(profile), ...reports, ...asset, stream]
  const done = scan(place.enter, results, [process.execPath, entry, 'scan', ...options], {})
  return { ...done, denials: place.isRoot ? new Map() : readDenials(report) }
}

/** The referee; without its debugging check, which changes no verdict and most of its time. */
export function scanReferee(place: OpenPlace, stream: string, profile: string | undefined, folder: string): Scan {
  const results = join(folder, 'referee.xml')
  const options = ['--skip-validation', ...named(profile), '--results', results, stream]
  return scan(place.enterReferee, results, ['oscap', 'xccdf', 'eval', ...options], {
    SEXP_VALIDATE_DISABLE: '1',
    ...(place.offlineRoot === undefined ? {} : { OSCAP_PROBE_ROOT: place.offlineRoot }),
  })
}

const named = (profile: string | undefined): string[] => (profile === undefined ? [] : ['--profile', profile])

function scan(
  enter: OpenPlace['enter'],
  results: string,
  command: Command,
  environment: Readonly<Record<string, string>>,
): Scan {
  rmSync(results, { force: true })
  const [program, ...parameters] = enter(command)
  const began = performance.now()
  const { status, signal, stderr } = spawnSync(program, parameters, {
    env: { ...process.env, ...environment },
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    timeout: 1_200_000,
  })
  const seconds = (performance.now() - began) / 1000
  if (!existsSync(results) || (status !== 0 && status !== 2)) {
    throw new Error(`${basename(command[0])} ended with ${signal ?? String(status)}: ${(stderr ?? '').slice(-500)}`)
  }
  return { verdicts: readVerdicts(readFileSync(results, 'utf8')), seconds }
}

function readVerdicts(results: string): Verdicts {
  const verdicts = new Map<string, string>()
  const testResult = results.slice(results.search(/<(?:\w[\w.-]*:)?TestResult\b/))
  const ruleResult = /<(?:[\w.-]+:)?rule-result\b[^>]*\bidref="([^"]+)"[\s\S]*?<(?:[\w.-]+:)?result>([^<]+)</g
  for (const [, rule = '', result = ''] of testResult.matchAll(ruleResult)) {
    const known = verdicts.get(rule)
    verdicts.set(rule, known === undefined ? result : `${known}, ${result}`)
  }
  return verdicts
}
