import { readFileSync } from 'node:fs'
import type { Command } from 'commander'
import { evaluateBenchmark, type SystemCharacteristics } from '@plumbline/scap'
import { Failure } from '../failure.ts'
import { describeResult, exitStatusOf } from '../verdicts.ts'
import { prepare, withProfile, writeResults, type ScanOptions } from './scan.ts'

export function registerEvaluate(program: Command): void {
  withProfile(program.command('evaluate [content]'))
    .description('the second act alone: judge what was collected earlier, here or elsewhere')
    .requiredOption('--evidence <file>', 'a file that "plumbline collect" wrote')
    .option('--results <file>', 'write an XCCDF TestResult')
    .option('--json <file>', 'write the result as JSON')
    .addHelpText(
      'after',
      '\nExit status as of "plumbline scan".\n\nExample:\n  plumbline evaluate --profile strict --evidence web-3.json',
    )
    .action((file: string | undefined, options: ScanOptions & { evidence: string }) => {
      const collected = readEvidence(options.evidence)
      const { content, profile } = prepare(file, options)
      const now = new Date()
      const result = evaluateBenchmark(content, profile, collected, { now })
      writeResults(result, collected, options, now)
      process.stdout.write(`${describeResult(result)}\n`)
      process.exitCode = exitStatusOf(result)
    })
}

function readEvidence(path: string): SystemCharacteristics {
  let value: unknown
  try {
    value = JSON.parse(readFileSync(path, 'utf8'))
  } catch (error) {
    throw new Failure(`cannot read ${path}: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    })
  }
  if (typeof value === 'object' && value !== null && 'objects' in value && 'systemInfo' in value)
    return value as SystemCharacteristics
  throw new Failure(`${path} is no evidence file; "plumbline collect --evidence FILE" writes one`)
}
