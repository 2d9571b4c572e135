import { readFileSync } from 'node:fs'
import type { Command } from 'commander'
import type { SystemCharacteristics } from '@plumbline/scap'
import { currentTime } from '../clock.ts'
import { Failure } from '../failure.ts'
import { withReports } from '../reports.ts'
import { exitStatusOf } from '../verdicts.ts'
import { conclude, prepare, show, withChecks, type ScanOptions } from './scan.ts'

export function registerEvaluate(program: Command): void {
  withReports(withChecks(program.command('evaluate [content]')))
    .description('the second act alone: judge what was collected earlier, here or elsewhere')
    .requiredOption('--evidence <file>', 'a file that "plumbline collect" wrote')
    .option('--explain <rule>', 'say all that led to the verdict on a rule, named by its id or the end of it')
    .addHelpText(
      'after',
      '\nExit status as of "plumbline scan".\n\nExample:\n  plumbline evaluate --profile strict --evidence web-3.json',
    )
    .action(async (file: string | undefined, options: ScanOptions & { evidence: string }) => {
      const collected = readEvidence(options.evidence)
      const prepared = await prepare(file, options)
      const result = conclude(prepared, collected, options, currentTime())
      show(prepared.content, result, options)
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
