import type { Command } from 'commander'
import { connect } from '../client.ts'
import { print, table } from '../output.ts'

interface Standard {
  readonly Id: string
  readonly DisplayName: string
  readonly Version: string
  readonly Path: string
}

export function registerStandard(program: Command): void {
  program
    .command('standard')
    .description('standards: list')
    .command('list')
    .description('the standards you may see')
    .option('--match <expression>', 'a search expression', '(displayName = *)')
    .option('--json', 'print JSON')
    .action(async (options: { match: string; json?: true }) => {
      const client = await connect()
      const { standardDataList } = await client.call<{ standardDataList: Standard[] }>('GET', '/ccs/api/v1/standards', {
        query: { Attributes: options.match },
      })
      print(options.json, standardDataList, () =>
        table(
          ['name', 'version', 'folder', 'id'],
          standardDataList.map((one) => [one.DisplayName, one.Version, one.Path, one.Id]),
        ),
      )
    })
}
