import type { Command } from 'commander'
import { connect } from '../client.ts'
import { print, table } from '../output.ts'
import { readNewPassword } from '../new-password.ts'

interface User {
  readonly name: string
  readonly disabled: boolean
  readonly roles: readonly string[]
  readonly folders: readonly string[]
}

const list = (value: string, previous: string[] = []): string[] => [...previous, value]
const account = (name: string): string => `/api/v1/users/${encodeURIComponent(name)}`

export function registerUser(program: Command): void {
  const user = program.command('user').description('accounts: list, add, change, disable, enable, password')
  user
    .command('list')
    .description('all accounts with their roles and folders')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  plumbline user list')
    .action(async (options: { json?: true }) => {
      const { users } = await (await connect()).call<{ users: User[] }>('GET', '/api/v1/users')
      print(options.json, users, () =>
        table(
          ['name', 'state', 'roles', 'folders'],
          users.map((one) => [
            one.name,
            one.disabled ? 'disabled' : 'enabled',
            one.roles.join(', '),
            one.folders.join(', '),
          ]),
        ),
      )
    })
  user
    .command('add <name>')
    .description('add an account')
    .requiredOption('--role <role>', 'a role; repeat for several ("plumbline role list")', list)
    .option('--folder <path>', 'a folder it may use beyond those of its roles; repeat for several', list)
    .option('--password-stdin', 'read the password from standard input; asked for on a terminal without')
    .addHelpText(
      'after',
      "\nExample:\n  plumbline user add anna --role 'Standards Evaluator' --password-stdin < password-file",
    )
    .action(async (name: string, options: { role: string[]; folder?: string[]; passwordStdin?: true }) => {
      const { role: roles, folder: folders = [] } = options
      const password = await readNewPassword(name, options)
      await (await connect()).call('POST', '/api/v1/users', { body: { name, password, roles, folders } })
    })
  user
    .command('change <name>')
    .description('replace the roles or the folders of an account')
    .option('--role <role>', 'a role; repeat for several', list)
    .option('--folder <path>', 'a folder; repeat for several', list)
    .addHelpText('after', `\nExample:\n  plumbline user change sam --role 'Standards Administrator'`)
    .action(async (name: string, options: { role?: string[]; folder?: string[] }) => {
      await (await connect()).call('PATCH', account(name), { body: { roles: options.role, folders: options.folder } })
    })
  for (const [verb, disabled] of [
    ['disable', true],
    ['enable', false],
  ] as const) {
    user
      .command(`${verb} <name>`)
      .addHelpText('after', `\nExample:\n  plumbline user ${verb} sam`)
      .description(disabled ? 'refuse the account from now on; its tokens end at once' : 'let the account log in again')
      .action(async (name: string) => {
        await (await connect()).call('PATCH', account(name), { body: { disabled } })
      })
  }
  user
    .command('password <name>')
    .description('set a new password; the account’s tokens end at once')
    .option('--password-stdin', 'read the password from standard input; asked for on a terminal without')
    .addHelpText(
      'after',
      '\nExamples:\n  plumbline user password admin\n  plumbline user password admin --password-stdin < password-file',
    )
    .action(async (name: string, options: { passwordStdin?: true }) => {
      const password = await readNewPassword(name, options)
      await (await connect()).call('PATCH', account(name), { body: { password } })
    })
}
