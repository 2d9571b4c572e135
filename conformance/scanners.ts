import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'

const project = join(import.meta.dirname, '..')

/** Where both scanners look: on this machine, in a root that they enter, or at a root from outside. */
export type Place =
  | { readonly kind: 'host' }
  | { readonly kind: 'chroot'; readonly root: string }
  | { readonly kind: 'offline'; readonly root: string }

/** Rule id → its results; a check with several definitions gives a rule several. */
export type Verdicts = ReadonlyMap<string, string>

export interface Scan {
  readonly verdicts: Verdicts
  readonly seconds: number
}

/** `plumbline scan`. */
export function scanOurs(place: Place, stream: string, profile: string, folder: string): Scan {
  const results = join(folder, 'ours.xml')
  const asset = place.kind === 'offline' ? ['--asset', `root:${place.root}`] : []
  const entry = join(project, 'packages/cli/src/main.ts')
  const options = ['--profile', profile, '--results', results, ...asset, stream]
  return scan(place, folder, results, [process.execPath, entry, 'scan', ...options], {})
}

/** The referee; without its debugging check, which changes no verdict and most of its time. */
export function scanReferee(place: Place, stream: string, profile: string, folder: string): Scan {
  const results = join(folder, 'referee.xml')
  const options = ['--skip-validation', '--profile', profile, '--results', results, stream]
  return scan(place, folder, results, ['oscap', 'xccdf', 'eval', ...options], {
    SEXP_VALIDATE_DISABLE: '1',
    ...(place.kind === 'offline' ? { OSCAP_PROBE_ROOT: place.root } : {}),
  })
}

function scan(
  place: Place,
  folder: string,
  results: string,
  command: readonly [string, ...string[]],
  environment: Readonly<Record<string, string>>,
): Scan {
  rmSync(results, { force: true })
  const [program, ...parameters] = place.kind === 'chroot' ? inside(place.root, folder, command) : command
  const began = performance.now()
  const { status, signal, stderr } = spawnSync(program, parameters, {
    env: { ...process.env, ...environment },
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    timeout: 1_200_000,
  })
  const seconds = (performance.now() - began) / 1000
  if (!existsSync(results) || (status !== 0 && status !== 2)) {
    throw new Error(`${basename(program)} ended with ${signal ?? String(status)}: ${stderr.slice(-500)}`)
  }
  return { verdicts: readVerdicts(readFileSync(results, 'utf8')), seconds }
}

/**
 * The command in a root, in a mount namespace of its own: this project and the folder with the results are there under
 * their own names, and all is as it was when the command ends. Folders made for that stay, empty.
 */
function inside(root: string, folder: string, command: readonly string[]): [string, ...string[]] {
  const node = dirname(dirname(process.execPath))
  const shared = [project, folder, ...(node.startsWith(project) ? [] : [node])]
  for (const one of shared) mkdirSync(join(root, one), { recursive: true })
  const mounts = [
    'mount --make-rprivate /',
    'mount --bind "$0" "$0"',
    'mount -t proc proc "$0/proc"',
    ...shared.map((one) => `mount --bind ${one} "$0${one}"`),
    'exec chroot "$0" "$@"',
  ]
  return ['unshare', '-m', 'sh', '-ec', mounts.join('\n'), root, ...command]
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
