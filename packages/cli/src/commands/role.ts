import type { Command } from 'commander'
import { connect } from '../client.ts'
import { print, table } from '../output.ts'

interface Role {
  readonly name: string
  readonly tasks: readonly string[]
  readonly folders: readonly string[]
  readonly predefined: boolean
}

export function registerRole(program: Command): void {
  program
    .command('role')
    .description('roles: list')
    .command('list')
    .description('the roles and the tasks that each one permits')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  plumbline role list')
    .action(async (options: { json?: true }) => {
      const { roles } = await (await connect()).call<{ roles: Role[] }>('GET', '/api/v1/roles')
      print(options.json, roles, () =>
        table(
          ['role', 'folders', 'tasks'],
          roles.map((role) => [role.name, role.folders.join(', '), role.tasks.join(', ')]),
        ),
      )
    })
}
