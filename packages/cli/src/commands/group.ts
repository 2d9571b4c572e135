import type { Command } from 'commander'
import { connect } from '../client.ts'
import { findAsset, findAssetGroup } from '../names.ts'
import { print, table } from '../output.ts'

interface Group {
  readonly Id: string
  readonly DisplayName: string
  readonly Path: string
}

const list = (value: string, previous: string[] = []): string[] => [...previous, value]

export function registerGroup(program: Command): void {
  const group = program.command('group').description('asset groups: list, show, add, delete')
  group
    .command('list')
    .description('the groups you may see')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  plumbline group list')
    .action(async (options: { json?: true }) => {
      const { assetGroupDataList: groups } = await (
        await connect()
      ).call<{ assetGroupDataList: Group[] }>('GET', '/ccs/api/v1/assetgroup', {
        query: { Attributes: '(displayName = *)', pagesize: '1000' },
      })
      print(options.json, groups, () =>
        table(
          ['name', 'folder', 'id'],
          groups.map((one) => [one.DisplayName, one.Path, one.Id]),
        ),
      )
    })
  group
    .command('show <group>')
    .description('a group and the assets that are in it now')
    .addHelpText('after', `\nExample:\n  plumbline group show 'Web servers'`)
    .action(async (name: string) => {
      const client = await connect()
      const id = await findAssetGroup(client, name)
      const details = await client.call<object>('GET', `/ccs/api/v1/assetgroup/${id}`)
      const { assetDataList: Assets } = await client.call<{ assetDataList: unknown[] }>(
        'GET',
        `/ccs/api/v1/assetgroup/${id}/assets`,
        { query: { pagesize: '1000' } },
      )
      print(true, { ...details, Assets }, () => '')
    })
  group
    .command('add <name>')
    .description('a group of listed assets, or of those that an expression finds whenever a run starts')
    .option('--asset <asset>', 'a member, by name or GUID; repeat for several', list)
    .option('--expression <expression>', 'a search expression over attributes of assets')
    .option('--folder <path>', 'folder of the group; Asset System without')
    .addHelpText(
      'after',
      "\nExamples:\n  plumbline group add Web --asset web-3 --asset web-4\n  plumbline group add Debian --expression 'symc-csm-AssetSystem-Asset-Unix-Machine-OSDistributionField StartsWith Debian'",
    )
    .action(async (name: string, options: { asset?: string[]; expression?: string; folder?: string }) => {
      const client = await connect()
      const assets =
        options.expression === undefined
          ? await Promise.all((options.asset ?? []).map(async (one) => (await findAsset(client, one)).Id))
          : undefined
      const { id } = await client.call<{ id: string }>('POST', '/api/v1/asset-groups', {
        body: { name, assets, expression: options.expression, folder: options.folder },
      })
      process.stdout.write(`${id}\n`)
    })
  group
    .command('delete <group>')
    .description('delete a group; its assets stay')
    .addHelpText('after', `\nExample:\n  plumbline group delete 'Web servers'`)
    .action(async (name: string) => {
      const client = await connect()
      await client.call('DELETE', `/api/v1/asset-groups/${await findAssetGroup(client, name)}`)
    })
}
