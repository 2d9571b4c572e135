import { readFileSync, writeFileSync } from 'node:fs'
import { basename } from 'node:path'
import type { Command } from 'commander'
import { collect } from '@plumbline/collect'
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
import { progressLine } from '../output.ts'
import { interruptible, openTarget } from '../scan-target.ts'
import { asJson, describeResult, exitStatusOf } from '../verdicts.ts'

export interface ScanOptions {
  readonly profile?: string
  readonly benchmarkId?: string
  readonly tailoringFile?: string
  readonly asset: string
  readonly results?: string
  readonly json?: string
  readonly evidence?: string
  readonly stats?: true
}

export function registerScan(program: Command): void {
  withProfile(program.command('scan [content]'))
    .description('check this machine, or a mounted file system, without a server')
    .option('--asset <asset>', 'local, or root:DIR for a mounted file system', 'local')
    .option('--results <file>', 'write an XCCDF TestResult')
    .option('--json <file>', 'write the result as JSON')
    .option('--evidence <file>', 'keep what was collected, for "plumbline evaluate"')
    .option('--stats', 'print one line of JSON about the run on standard error')
    .addHelpText(
      'after',
      `
Exit status: 0 all selected rules passed or do not apply, 2 at least one failed or is unknown, 1 an error.
Without a content file the bundled Linux baseline is used.

Examples:
  plumbline scan --profile server
  plumbline scan --profile cis_level1_server --results result.xml ssg-debian12-ds.xml
  plumbline scan --asset root:/mnt/image --json result.json`,
    )
    .action(async (file: string | undefined, options: ScanOptions) => {
      const began = process.hrtime.bigint()
      const { content, profile } = prepare(file, options)
      const collected = await collectFor(options.asset, planCollection(content, profile))
      const now = new Date()
      const result = evaluateBenchmark(content, profile, collected, { now })
      if (options.evidence !== undefined) writeFileSync(options.evidence, JSON.stringify(collected))
      writeResults(result, collected, options, now)
      process.stdout.write(`${describeResult(result)}\n`)
      if (options.stats === true) process.stderr.write(`${JSON.stringify(stats(began, collected))}\n`)
      process.exitCode = exitStatusOf(result)
    })
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

export async function collectFor(
  asset: string,
  plan: ReturnType<typeof planCollection>,
): Promise<SystemCharacteristics> {
  const line = progressLine()
  const signal = interruptible()
  const session = openTarget(asset, signal)
  try {
    return await collect(session, plan, {
      now: new Date(),
      signal,
      onProgress: (done, total) => line.show(`collected ${done} of ${total} objects`),
    })
  } finally {
    line.clear()
    await session.close()
  }
}

export function writeResults(
  result: BenchmarkResult,
  collected: SystemCharacteristics,
  { results, json }: Pick<ScanOptions, 'json' | 'results'>,
  now: Date,
): void {
  if (json !== undefined) writeFileSync(json, `${JSON.stringify(asJson(result), null, 2)}\n`)
  if (results === undefined) return
  const chunks: string[] = []
  writeTestResult((chunk) => chunks.push(chunk), result, { target: collected.systemInfo, startTime: now, endTime: now })
  writeFileSync(results, chunks.join(''))
}

function stats(began: bigint, { objects }: SystemCharacteristics): object {
  const usage = process.resourceUsage()
  return {
    wallSeconds: Number(process.hrtime.bigint() - began) / 1e9,
    cpuSeconds: (usage.userCPUTime + usage.systemCPUTime) / 1e6,
    peakMemoryBytes: usage.maxRSS * 1024,
    objects: Object.keys(objects).length,
    items: Object.values(objects).reduce((sum, { items }) => sum + items.length, 0),
  }
}
