import type { Command } from 'commander'
import { connect } from '../client.ts'
import { findAsset } from '../names.ts'
import { print, table } from '../output.ts'

interface Asset {
  readonly Id: string
  readonly DisplayName: string
  readonly Type: string
  readonly Path: string
}

export function registerAsset(program: Command): void {
  const asset = program.command('asset').description('assets: list, show')
  asset
    .command('list')
    .description('the assets you may see')
    .option('--match <expression>', 'a search expression', '(displayName = *)')
    .option('--json', 'print JSON')
    .addHelpText('after', "\nExample:\n  plumbline asset list --match '(displayName StartsWith web)'")
    .action(async (options: { match: string; json?: true }) => {
      const client = await connect()
      const assets: Asset[] = []
      for (let page = 0, pages = 1; page < pages; page += 1) {
        const reply = await client.call<{ assetDataList: Asset[]; TotalPages: number }>('GET', '/ccs/api/v1/assets', {
          query: { Attributes: options.match, page: String(page), pagesize: '1000' },
        })
        assets.push(...reply.assetDataList)
        pages = reply.TotalPages
      }
      print(options.json, assets, () =>
        table(
          ['name', 'folder', 'type', 'id'],
          assets.map((one) => [one.DisplayName, one.Path, one.Type, one.Id]),
        ),
      )
    })
  asset
    .command('show <asset>')
    .description('one asset with its attributes, by name or GUID')
    .action(async (name: string) => {
      const client = await connect()
      const { Id } = await findAsset(client, name)
      print(true, await client.call('GET', `/ccs/api/v1/assets/${Id}`), () => '')
    })
}
