import type { Command } from 'commander'
import { connect } from '../client.ts'
import { print, table } from '../output.ts'

export function registerFolder(program: Command): void {
  const folder = program.command('folder').description('folders of assets and standards: list, add')
  folder
    .command('list')
    .description('the folders on which you have a permission')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  plumbline folder list')
    .action(async (options: { json?: true }) => {
      const { folders } = await (
        await connect()
      ).call<{ folders: { path: string; predefined: boolean }[] }>('GET', '/api/v1/folders')
      print(options.json, folders, () =>
        table(
          ['path', 'predefined'],
          folders.map(({ path, predefined }) => [path, predefined ? 'yes' : 'no']),
        ),
      )
    })
  folder
    .command('add <path>')
    .description('a folder below one that exists')
    .addHelpText('after', "\nExample:\n  plumbline folder add 'Asset System\\Web servers'")
    .action(async (path: string) => {
      await (await connect()).call('POST', '/api/v1/folders', { body: { path } })
    })
}
