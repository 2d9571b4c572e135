import { readFileSync, writeFileSync } from 'node:fs'
import { basename } from 'node:path'
import type { Command } from 'commander'
import {
  evaluateBenchmark,
  parseTailoring,
  planCollection,
  readXml,
  resolveProfile,
  writeTestResult,
  type BenchmarkResult,
  type SystemCharacteristics,
} from '@plumbline/scap'
import { bundledContentFile, chooseBenchmark, readContentFile } from '../content-file.ts'
import { addressesOf, withAssets, type AssetOptions } from '../asset-options.ts'
import { collectFromAll, describeError, filesOf, type AssetOutcome } from '../collect-assets.ts'
import { table } from '../output.ts'
import { asJson, countOutcomes, describeResult, exitStatusOf } from '../verdicts.ts'

export interface ScanOptions extends AssetOptions, ResultOptions {
  readonly profile?: string
  readonly benchmarkId?: string
  readonly tailoringFile?: string
  readonly evidence?: string
  readonly stats?: true
}

/** Files to write a result to; with several assets, folders. */
export interface ResultOptions {
  readonly results?: string
  readonly json?: string
}

export function registerScan(program: Command): void {
  withAssets(withProfile(program.command('scan [content]')))
    .description('check this machine, machines that are reached by SSH, or a mounted file system, without a server')
    .option('--results <file>', 'write an XCCDF TestResult')
    .option('--json <file>', 'write the result as JSON')
    .option('--evidence <file>', 'keep what was collected, for "plumbline evaluate"')
    .option('--stats', 'print one line of JSON about each asset and the run on standard error')
    .addHelpText(
      'after',
      `
Exit status: 0 all selected rules passed or do not apply, 2 at least one failed or is unknown, 1 an error.
Without a content file the bundled Linux baseline is used. With several assets, --results, --json and --evidence name
folders that get one file for each asset. Nothing is installed on an asset, and nothing is written there.

Addresses: ssh://[user@]host[:port], then ? and any of sudo=true, su=true, jump=[user@]host[:port], identity=FILE,
legacyAlgorithms=true, shell=/bin/sh, name=NAME, joined by &.

Examples:
  plumbline scan --profile server
  plumbline scan --profile cis_level1_server --results result.xml ssg-debian12-ds.xml
  plumbline scan --asset root:/mnt/image --json result.json
  plumbline scan --asset 'ssh://scan@web-3?sudo=true' --host-key accept-new
  plumbline scan --asset 'ssh://scan@web-3:2222?sudo=true&jump=scan@bastion' --identity ~/.ssh/scan --ask-become-password
  plumbline scan --inventory hosts.ini --limit 'web-*' --json results/ --parallel 20`,
    )
    .action(async (file: string | undefined, options: ScanOptions) => {
      const began = process.hrtime.bigint()
      const { content, profile } = prepare(file, options)
      const addresses = addressesOf(options)
      const plan = planCollection(content, profile)
      const isOne = addresses.length === 1
      const outcomes = await collectFromAll(addresses, plan, options, ({ address, collected, traffic }) => {
        const now = new Date()
        const result = evaluateBenchmark(content, profile, collected, { now })
        const files = isOne ? options : filesOf(address.name, options)
        if (files.evidence !== undefined) writeFileSync(files.evidence, JSON.stringify(collected))
        writeResults(result, collected, files, now)
        if (options.stats === true) {
          const figures = { asset: address.name, ...counted(collected), ...traffic }
          process.stderr.write(`${JSON.stringify(isOne ? { ...figures, ...used(began) } : figures)}\n`)
        }
        if (isOne) process.stdout.write(`${describeResult(result)}\n`)
        return { counts: countOutcomes(result), score: result.scores[0]?.score, status: exitStatusOf(result) }
      })
      if (!isOne) {
        process.stdout.write(`${summary(outcomes)}\n`)
        if (options.stats === true) process.stderr.write(`${JSON.stringify(used(began))}\n`)
      }
      const only = outcomes[0]
      if (isOne && only?.error !== undefined) throw only.error
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

export function withProfile(command: Command): Command {
  return command
    .option('--profile <id>', 'a profile, by its id or the last part of it; the benchmark’s defaults without')
    .option('--benchmark-id <id>', 'which benchmark of a data stream that has several')
    .option('--tailoring-file <file>', 'an XCCDF tailoring whose profiles may be named')
}

/** Content and profile that the options name; the bundled standard is checked by its profile `server`. */
export function prepare(
  file: string | undefined,
  options: Pick<ScanOptions, 'benchmarkId' | 'profile' | 'tailoringFile'>,
) {
  const content = chooseBenchmark(readContentFile(file ?? bundledContentFile()), options.benchmarkId)
  const { tailoringFile: path } = options
  const tailoring = path === undefined ? undefined : parseTailoring(readXml(readFileSync(path), basename(path)))
  const profileId = options.profile ?? (file === undefined ? 'server' : undefined)
  return { content, profile: resolveProfile(content.benchmark, profileId, tailoring) }
}

export function writeResults(
  result: BenchmarkResult,
  collected: SystemCharacteristics,
  { results, json }: ResultOptions,
  now: Date,
): void {
  if (json !== undefined) writeFileSync(json, `${JSON.stringify(asJson(result), null, 2)}\n`)
  if (results === undefined) return
  const chunks: string[] = []
  writeTestResult((chunk) => chunks.push(chunk), result, { target: collected.systemInfo, startTime: now, endTime: now })
  writeFileSync(results, chunks.join(''))
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
