import { existsSync } from 'node:fs'
import type { Command } from 'commander'
import { accountInSudoers, privilegesFor, writeSudoers, type Privileges } from '@plumbline/collect'
import { planCollection } from '@plumbline/scap'
import { connect } from '../client.ts'
import { Failure } from '../failure.ts'
import { findStandard } from '../names.ts'
import { print } from '../output.ts'
import { prepare, withProfile, type Prepared, type ProfileOptions } from './scan.ts'

interface Options extends ProfileOptions {
  readonly account: string
  readonly json?: true
}

type Reply = Omit<Privileges, 'standard'> & { readonly sudoers: string }

export function registerPrivileges(program: Command): void {
  withProfile(program.command('privileges [standard]'))
    .description('print what an account needs on a machine to be scanned for a standard: a file for sudoers.d')
    .option('--account <name>', 'the account that scans log in with', 'scan')
    .option('--json', 'print JSON: files, expressions, commands and the sudoers file')
    .addHelpText(
      'after',
      `
The standard is a content file with a --profile, the bundled Linux baseline without any, or the name or GUID of a
standard of the server that you are logged in to. What is printed is a sudoers file with comments (sudo 1.9.10 or
newer); with it, scan with ssh://ACCOUNT@host?sudo=commands. What it allows, and why no more, is in docs/ssh.md.

Examples:
  plumbline privileges --profile strict > plumbline.sudoers && visudo -cf plumbline.sudoers
  plumbline privileges --profile cis_level2_server ssg-debian12-ds.xml
  plumbline privileges 'Plumbline Linux Baseline: Strict' --account audit`,
    )
    .action(async (standard: string | undefined, options: Options) => {
      const { account, json, ...named } = options
      if (accountInSudoers(account) === undefined) throw new Failure(`"${account}" is no account that sudoers can name`)
      const isOfServer = standard !== undefined && !existsSync(standard) && !standard.endsWith('.xml')
      const found = isOfServer ? await ask(standard, options) : workOut(await prepare(standard, named), account)
      if (json === true) print(true, found, () => '')
      else process.stdout.write(found.sudoers)
    })
}

async function ask(standard: string, { account, profile }: Options): Promise<Reply> {
  if (profile !== undefined) throw new Failure(`there is no file ${standard}; a standard of the server has its profile`)
  const client = await connect()
  const id = await findStandard(client, standard)
  return client.call<Reply>('GET', `/api/v1/standards/${id}/privileges`, { query: { account } })
}

function workOut({ content, profile }: Prepared, account: string): Reply {
  const privileges = privilegesFor(planCollection(content, profile))
  const standard = `${content.benchmark.id}, ${profile.title}`
  return { ...privileges, sudoers: writeSudoers(privileges, { account, standard }) }
}
