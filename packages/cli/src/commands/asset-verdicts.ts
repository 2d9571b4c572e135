import type { Command } from 'commander'
import { connect } from '../client.ts'
import { findAsset, findStandard } from '../names.ts'
import { print, table } from '../output.ts'

interface Result {
  readonly rules: readonly {
    readonly title: string
    readonly severity: string
    readonly result: string
    readonly since: string | null
  }[]
}

export function registerVerdicts(asset: Command): void {
  asset
    .command('verdicts <asset> <standard>')
    .description('what the newest result of a standard says of each rule, and since when')
    .option('--json', 'print JSON, with the explanation of every rule')
    .addHelpText('after', "\nExample:\n  plumbline asset verdicts web-3 'Plumbline Linux baseline: server'")
    .action(async (name: string, standard: string, options: { json?: true }) => {
      const client = await connect()
      const { Id } = await findAsset(client, name)
      const standardId = await findStandard(client, standard)
      const result = await client.call<Result>('GET', `/api/v1/results/latest/${Id}/${standardId}`)
      print(options.json, result, () =>
        table(
          ['result', 'since', 'severity', 'rule'],
          result.rules.map((rule) => [rule.result, rule.since ?? '', rule.severity, rule.title]),
        ),
      )
    })
}
