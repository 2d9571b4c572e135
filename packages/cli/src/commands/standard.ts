import type { Command } from 'commander'
import { connect } from '../client.ts'
import { Failure } from '../failure.ts'
import { print, printable, table } from '../output.ts'

interface Standard {
  readonly Id: string
  readonly DisplayName: string
  readonly Version: string
  readonly Path: string
}

export function registerStandard(program: Command): void {
  const standard = program.command('standard').description('standards: list, scripts')
  standard
    .command('scripts <id>')
    .description('let scripts (SCE) of its content run on assets for a standard, or no longer')
    .option('--allow', 'they may run; another import of the standard takes this back')
    .option('--forbid', 'they may not')
    .addHelpText('after', '\nExample:\n  plumbline standard scripts 8d3c1c5e-0a1f-5b53-9a3e-5d1f7a1c2b3d --allow')
    .action(async (id: string, options: { allow?: true; forbid?: true }) => {
      if ((options.allow === true) === (options.forbid === true)) throw new Failure('say --allow or --forbid')
      const client = await connect()
      const { title, allowScripts } = await client.call<{ title: string; allowScripts: boolean }>(
        'PATCH',
        `/api/v1/standards/${encodeURIComponent(id)}`,
        { body: { allowScripts: options.allow === true } },
      )
      process.stdout.write(`${printable(title)}: scripts ${allowScripts ? 'may' : 'may not'} run\n`)
    })
  standard
    .command('list')
    .description('the standards you may see')
    .option('--match <expression>', 'a search expression', '(displayName = *)')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  plumbline standard list')
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
