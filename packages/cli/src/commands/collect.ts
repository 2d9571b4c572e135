import { writeFileSync } from 'node:fs'
import type { Command } from 'commander'
import { planCollection } from '@plumbline/scap'
import { filesOfAssets } from '../asset-files.ts'
import { addressesOf, withAssets } from '../asset-options.ts'
import { asFailure, collectFromAll, describeError } from '../collect-assets.ts'
import { printable } from '../output.ts'
import { prepare, withChecks, type ScanOptions } from './scan.ts'

export function registerCollect(program: Command): void {
  withAssets(withChecks(program.command('collect [content]')))
    .description('the first act alone: collect what a profile asks and write it to a file')
    .requiredOption('--evidence <file>', 'where to write what was collected; with several assets, a folder')
    .addHelpText(
      'after',
      `
Examples:
  plumbline collect --profile strict --evidence web-3.json
  plumbline collect --asset 'ssh://scan@web-3?sudo=true' --evidence web-3.json
  plumbline collect --inventory hosts.ini --evidence evidence/`,
    )
    .action(async (file: string | undefined, options: ScanOptions & { evidence: string }) => {
      const planning = prepare(file, options).then(({ content, profile }) => planCollection(content, profile))
      const addresses = addressesOf(options)
      const isOne = addresses.length === 1
      const names = addresses.map(({ name }) => name)
      const filesOf = isOne ? () => options : filesOfAssets(names, { evidence: options.evidence })
      const outcomes = await collectFromAll(addresses, planning, options, ({ address, collected }) => {
        const { evidence = options.evidence } = filesOf(address.name)
        writeFileSync(evidence, JSON.stringify(collected))
        return `${Object.keys(collected.objects).length} objects are in ${evidence}`
      })
      for (const { address, value, error } of outcomes) {
        if (isOne && error !== undefined) throw asFailure(error)
        const what = value ?? (error === undefined ? '' : describeError(error))
        process.stdout.write(`${isOne ? '' : `${address.name}: `}${printable(what)}\n`)
      }
      if (outcomes.some(({ error }) => error !== undefined)) process.exitCode = 1
    })
}
