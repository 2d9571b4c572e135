import { readFileSync, writeFileSync } from 'node:fs'
import { basename } from 'node:path'
import type { Command } from 'commander'
import {
  countOutcomes,
  defaultScore,
  evaluateBenchmark,
  parseTailoring,
  planCollection,
  readXml,
  resolveProfile,
  type BenchmarkContent,
  type BenchmarkResult,
  type ResolvedProfile,
  type SourceDocument,
  type SystemCharacteristics,
} from '@plumbline/scap'
import { filesOfAssets } from '../asset-files.ts'
import { addressesOf, withAssets, type AssetOptions } from '../asset-options.ts'
import { currentTime } from '../clock.ts'
import { asFailure, collectFromAll, describeError, type AssetOutcome } from '../collect-assets.ts'
import { bundledContentFile, chooseBenchmark, openContentFile, type BenchmarkChoice } from '../content-file.ts'
import { explainForTerminal } from '../explain-text.ts'
import { printable, table } from '../output.ts'
import { withRemote, type RemoteOptions } from '../remote-files.ts'
import { needsSource, usesStandardOutput, withReports, writeReports, type ReportFiles } from '../reports.ts'
import { describeResult, exitStatusOf } from '../verdicts.ts'

/** Options that say which benchmark and which profile are meant. */
export interface ProfileOptions extends BenchmarkChoice {
  readonly profile?: string
  readonly tailoringFile?: string
}

export interface ScanOptions extends AssetOptions, ProfileOptions, RemoteOptions, ReportFiles {
  readonly explain?: string
  readonly allowScripts?: true
  readonly evidence?: string
  readonly stats?: true
}

export function registerScan(program: Command): void {
  withReports(withAssets(withChecks(program.command('scan [content]'))))
    .description('check this machine, machines that are reached by SSH, or a mounted file system, without a server')
    .option('--explain <rule>', 'say all that led to the verdict on a rule, named by its id or the end of it')
    .option('--evidence <file>', 'keep what was collected, for "plumbline evaluate"')
    .option('--stats', 'print one line of JSON about each asset and the run on standard error')
    .addHelpText(
      'after',
      `
Exit status: 0 all selected rules passed or do not apply, 2 at least one failed or is unknown, 1 an error.
Without a content file the bundled Linux baseline is used. With several assets, the options that name files name
folders, which get one file for each asset. Nothing is installed on an asset, and nothing is written there.

Addresses: ssh://[user@]host[:port], then ? and any of sudo=true, sudo=commands, su=true, jump=[user@]host[:port], identity=FILE,
legacyAlgorithms=true, shell=/bin/sh, name=NAME, joined by &.

Examples:
  plumbline scan --profile server
  plumbline scan --profile cis_level1_server --results result.xml ssg-debian12-ds.xml
  plumbline scan --profile server --html report.html --junit verdicts.xml
  plumbline scan --profile server --explain account_no_empty_password
  plumbline scan --asset root:/mnt/image --json result.json
  plumbline scan --asset 'ssh://scan@web-3?sudo=true' --host-key accept-new
  plumbline scan --asset 'ssh://scan@web-3:2222?sudo=true&jump=scan@bastion' --identity ~/.ssh/scan --ask-become-password
  plumbline scan --inventory hosts.ini --limit 'web-*' --json results/ --parallel 20`,
    )
    .action(async (file: string | undefined, options: ScanOptions) => {
      const began = process.hrtime.bigint()
      const addresses = addressesOf(options)
      const isOne = addresses.length === 1
      const names = addresses.map(({ name }) => name)
      const filesOf = isOne ? () => options : filesOfAssets(names, options)
      const startTime = currentTime()
      const preparing = prepare(file, options)
      const planning = preparing.then(({ content, profile }) => planCollection(content, profile))
      const outcomes = await collectFromAll(addresses, planning, options, async ({ address, collected, traffic }) => {
        const prepared = await preparing
        const files = { explain: options.explain, ...filesOf(address.name) }
        if (files.evidence !== undefined) writeFileSync(files.evidence, JSON.stringify(collected))
        const result = conclude(prepared, collected, files, startTime)
        if (isOne) show(prepared.content, result, options)
        if (options.stats === true) {
          const figures = { asset: address.name, ...counted(collected), ...traffic }
          process.stderr.write(`${JSON.stringify(isOne ? { ...figures, ...used(began) } : figures)}\n`)
        }
        return { counts: countOutcomes(result.rules), score: defaultScore(result.scores), status: exitStatusOf(result) }
      })
      if (!isOne) {
        process.stdout.write(`${summary(outcomes)}\n`)
        if (options.stats === true) process.stderr.write(`${JSON.stringify(used(began))}\n`)
      }
      const only = outcomes[0]
      if (isOne && only?.error !== undefined) throw asFailure(only.error)
      process.exitCode = outcomes.some(({ error }) => error !== undefined)
        ? 1
        : Math.max(0, ...outcomes.map(({ value }) => value?.status ?? 0))
    })
}

interface Verdict {
  readonly counts: ReturnType<typeof countOutcomes>
  readonly score: number | undefined
  readonly status: 0 | 2
}

/** One row for each asset, in the order that they were named. */
function summary(outcomes: readonly AssetOutcome<Verdict>[]): string {
  const number = (value: number | undefined): string => String(value ?? 0)
  const rows = outcomes.map(({ address, value, error }) =>
    value === undefined
      ? [address.name, '-', '-', '-', '-', error === undefined ? '' : describeError(error)]
      : [
          address.name,
          number(value.counts.pass),
          number(value.counts.fail),
          number((value.counts.error ?? 0) + (value.counts.unknown ?? 0)),
          value.score === undefined ? '-' : value.score.toFixed(1),
          '',
        ],
  )
  const failed = outcomes.filter(({ error }) => error !== undefined).length
  return [
    table(['asset', 'pass', 'fail', 'unknown', 'score', 'not scanned because'], rows),
    '',
    `${outcomes.length - failed} of ${outcomes.length} assets scanned`,
  ].join('\n')
}

/** Evaluates what was collected and writes the reports that are asked for. */
export function conclude(
  { content, profile, source }: Prepared,
  collected: SystemCharacteristics,
  files: ReportFiles,
  startTime: Date,
): BenchmarkResult {
  const endTime = currentTime()
  const result = evaluateBenchmark(content, profile, collected, { now: endTime })
  writeReports(files, { content, result, source, run: { target: collected.systemInfo, startTime, endTime } })
  return result
}

/** The verdict table, or all about one rule; nothing where a report goes to standard output. */
export function show(
  content: BenchmarkContent,
  result: BenchmarkResult,
  options: Pick<ScanOptions, 'explain' | keyof ReportFiles>,
): void {
  if (options.explain !== undefined) {
    process.stdout.write(`${explainForTerminal(content, result, options.explain)}\n`)
  } else if (!usesStandardOutput(options)) process.stdout.write(`${describeResult(result)}\n`)
}

export function withProfile(command: Command): Command {
  return command
    .option('--profile <id>', 'a profile, by its id or the last part of it; the benchmark’s defaults without')
    .option('--datastream-id <id>', 'which data stream of a file that has several')
    .option('--xccdf-id <id>', 'which benchmark of a data stream, by its component-ref')
    .option('--benchmark-id <id>', 'which benchmark, by its own id')
    .option('--tailoring-file <file>', 'an XCCDF tailoring whose profiles may be named')
}

/** What may be done for checks beyond reading the content and the asset. */
export function withChecks(command: Command): Command {
  return withRemote(withProfile(command)).option(
    '--allow-scripts',
    'let checks that are scripts of the content (SCE) run on the asset',
  )
}

export interface Prepared {
  readonly content: BenchmarkContent
  readonly profile: ResolvedProfile
  /** The content as it was written, where a report wants it. */
  readonly source: SourceDocument | undefined
}

/** Content and profile that the options name; the bundled standard is checked by its profile `server`. */
export async function prepare(
  file: string | undefined,
  options: ProfileOptions & RemoteOptions & ReportFiles & Pick<ScanOptions, 'allowScripts'>,
): Promise<Prepared> {
  const path = file ?? bundledContentFile()
  const opened = await openContentFile(path, options)
  const content = chooseBenchmark(opened.content, options)
  const { tailoringFile } = options
  const tailoring =
    tailoringFile === undefined
      ? undefined
      : parseTailoring(readXml(readFileSync(tailoringFile), basename(tailoringFile)))
  const profileId = options.profile ?? (file === undefined ? 'server' : undefined)
  const profile = resolveProfile(content.benchmark, profileId, tailoring)
  for (const reason of profile.ignored) process.stderr.write(`${printable(reason)}\n`)
  return {
    content,
    profile: options.allowScripts === true ? { ...profile, allowsScripts: true } : profile,
    // Kept only where a report quotes it.
    source: needsSource(options) ? opened.source(content) : undefined,
  }
}

function counted({ objects }: SystemCharacteristics): object {
  return {
    objects: Object.keys(objects).length,
    items: Object.values(objects).reduce((sum, { items }) => sum + items.length, 0),
  }
}

function used(began: bigint): object {
  const usage = process.resourceUsage()
  return {
    wallSeconds: Number(process.hrtime.bigint() - began) / 1e9,
    cpuSeconds: (usage.userCPUTime + usage.systemCPUTime) / 1e6,
    peakMemoryBytes: usage.maxRSS * 1024,
  }
}
