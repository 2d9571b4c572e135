import { writeFileSync } from 'node:fs'
import type { Command } from 'commander'
import { planCollection } from '@plumbline/scap'
import { collectFor, prepare, withProfile, type ScanOptions } from './scan.ts'

export function registerCollect(program: Command): void {
  withProfile(program.command('collect [content]'))
    .description('the first act alone: collect what a profile asks and write it to a file')
    .option('--asset <asset>', 'local, or root:DIR for a mounted file system', 'local')
    .requiredOption('--evidence <file>', 'where to write what was collected')
    .addHelpText('after', '\nExample:\n  plumbline collect --profile strict --evidence web-3.json')
    .action(async (file: string | undefined, options: ScanOptions & { evidence: string }) => {
      const { content, profile } = prepare(file, options)
      const collected = await collectFor(options.asset, planCollection(content, profile))
      writeFileSync(options.evidence, JSON.stringify(collected))
      process.stdout.write(`${Object.keys(collected.objects).length} objects are in ${options.evidence}\n`)
    })
}
