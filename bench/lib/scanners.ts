import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

/** What a command took. */
export interface Cost {
  readonly wallSeconds: number
  readonly cpuSeconds: number
  readonly peakMebibytes: number
}

const entry = join(import.meta.dirname, '../../packages/cli/src/main.ts')

export const plumbline = (...parameters: readonly string[]): readonly [string, ...string[]] => [
  process.execPath,
  entry,
  ...parameters,
]

/** Whether a program is there to be measured. */
export function isInstalled(program: string): boolean {
  return spawnSync(program, ['--version'], { stdio: 'ignore' }).error === undefined
}

/** Runs a command and tells what it took, by GNU time; throws when it ends with none of the statuses. */
export function measure(
  command: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  statuses: readonly number[] = [0, 2],
): Cost {
  const { status, stderr, error } = spawnSync('/usr/bin/time', ['-f', '\n%e %U %S %M', ...command], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'ignore', 'pipe'],
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  })
  if (error !== undefined) throw new Error(`GNU time is needed (Debian: time): ${error.message}`)
  if (!statuses.includes(status ?? -1)) throw new Error(`${command.join(' ')}: status ${String(status)}: ${stderr}`)
  const [wall = 0, user = 0, system = 0, kibibytes = 0] = (stderr.trim().split('\n').at(-1) ?? '')
    .split(' ')
    .map(Number)
  return { wallSeconds: wall, cpuSeconds: user + system, peakMebibytes: kibibytes / 1024 }
}

/** The run in the middle, by wall time, of as many as are given. */
export function median(runs: readonly Cost[]): Cost {
  const sorted = runs.toSorted((one, other) => one.wallSeconds - other.wallSeconds)
  return sorted[Math.floor(sorted.length / 2)]!
}

export function row(name: string, { wallSeconds, cpuSeconds, peakMebibytes }: Cost): string {
  return `${name.padEnd(44)} ${wallSeconds.toFixed(2)} s wall, ${cpuSeconds.toFixed(2)} s CPU, ${peakMebibytes.toFixed(0)} MiB\n`
}

/** One line of the table: what the referee took, what we took, how they compare and what is wanted at most. */
export interface Comparison {
  readonly name: string
  readonly theirs: string
  readonly ours: string
  readonly ratio: number | undefined
  readonly wanted: string
}

export const tableHead = `| case | oscap, SEXP_VALIDATE_DISABLE=1 | ours | ratio | wanted |\n|---|--:|--:|--:|--:|\n`

export function tableRow({ name, theirs, ours, ratio, wanted }: Comparison): string {
  return `| ${name} | ${theirs} | ${ours} | ${ratio === undefined ? '–' : ratio.toFixed(3)} | ${wanted} |\n`
}
