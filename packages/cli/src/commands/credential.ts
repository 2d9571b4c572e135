import type { Command } from 'commander'
import { connect } from '../client.ts'
import type { Client } from '../client.ts'
import { Failure } from '../failure.ts'
import { findAsset, findAssetGroup, isGuid } from '../names.ts'
import { print, table } from '../output.ts'
import { readKeyFile } from '../ssh-secrets.ts'
import { readStandardInput } from '../standard-input.ts'

interface Credential {
  readonly id: string
  readonly name: string
  readonly user: string
  readonly kinds: readonly string[]
  readonly elevation: string
  readonly assets: readonly string[]
  readonly assetGroups: readonly string[]
  readonly folders: readonly string[]
}

interface Options {
  readonly name?: string
  readonly user?: string
  readonly key?: string
  readonly secretsStdin?: true
  readonly elevation?: string
  readonly asset?: string[]
  readonly group?: string[]
  readonly folder?: string[]
}

const list = (value: string, previous: string[] = []): string[] => [...previous, value]

export function registerCredential(program: Command): void {
  const credential = program.command('credential').description('how assets are logged in to: list, add, change, delete')
  credential
    .command('list')
    .description('all credentials and what each is for; never their secrets')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  plumbline credential list')
    .action(async (options: { json?: true }) => {
      const credentials = await all(await connect())
      print(options.json, credentials, () =>
        table(
          ['name', 'user', 'has', 'elevation', 'assets', 'groups', 'folders'],
          credentials.map((one) => [
            one.name,
            one.user,
            one.kinds.join(', '),
            one.elevation,
            String(one.assets.length),
            String(one.assetGroups.length),
            one.folders.join(', '),
          ]),
        ),
      )
    })
  withOptions(credential.command('add <name>'))
    .description('add a credential; of those of an asset, its groups and its folders the nearest is used')
    .addHelpText(
      'after',
      `
Secrets never stand in an argument. Standard input is one line each: password=…, passphrase=…, elevationPassword=…

Examples:
  plumbline credential add fleet --user scan --key ~/.ssh/scan --elevation sudo --folder 'Asset System'
  plumbline credential add web --user scan --secrets-stdin --asset web-3 < secrets`,
    )
    .action(async (name: string, options: Options) => {
      if (options.user === undefined) throw new Failure('name the account on the assets with --user')
      const client = await connect()
      const made = await client.call<{ id: string }>('POST', '/api/v1/credentials', {
        body: { ...(await bodyOf(client, options)), name },
      })
      process.stdout.write(`${made.id}\n`)
    })
  withOptions(credential.command('change <credential>'))
    .option('--name <name>', 'another name')
    .description('change what is named: the next session uses it. Secrets that are not given stay')
    .addHelpText('after', '\nExample:\n  plumbline credential change fleet --key ~/.ssh/scan-2027')
    .action(async (name: string, options: Options) => {
      const client = await connect()
      await client.call('PATCH', `/api/v1/credentials/${await idOf(client, name)}`, {
        body: await bodyOf(client, options),
      })
    })
  credential
    .command('delete <credential>')
    .description('delete a credential')
    .addHelpText('after', '\nExample:\n  plumbline credential delete scanner')
    .action(async (name: string) => {
      const client = await connect()
      await client.call('DELETE', `/api/v1/credentials/${await idOf(client, name)}`)
    })
}

function withOptions(command: Command): Command {
  return command
    .option('--user <account>', 'the account on the assets')
    .option('--key <file>', 'a private key, in the form of OpenSSH or PEM')
    .option('--secrets-stdin', 'read password, passphrase or elevationPassword from standard input')
    .option('--elevation <kind>', 'none, sudo, sudo-commands or su: how the account comes to read what only root may')
    .option('--asset <asset>', 'for this asset, by name or GUID; repeat for several', list)
    .option('--group <group>', 'for the assets of this group; repeat for several', list)
    .option('--folder <path>', 'for the assets of this folder and below; repeat for several', list)
}

const secretNames = ['password', 'passphrase', 'elevationPassword']

async function bodyOf(client: Client, options: Options): Promise<Record<string, unknown>> {
  const body: Record<string, unknown> = {}
  if (options.name !== undefined) body['name'] = options.name
  if (options.user !== undefined) body['user'] = options.user
  if (options.elevation !== undefined) body['elevation'] = options.elevation
  if (options.key !== undefined) body['privateKey'] = readKeyFile(options.key)
  if (options.folder !== undefined) body['folders'] = options.folder
  if (options.asset !== undefined) {
    body['assets'] = await Promise.all(options.asset.map(async (one) => (await findAsset(client, one)).Id))
  }
  if (options.group !== undefined) {
    body['assetGroups'] = await Promise.all(options.group.map((one) => findAssetGroup(client, one)))
  }
  if (options.secretsStdin === true) {
    for (const line of (await readStandardInput()).split('\n')) {
      if (line.trim() === '') continue
      const at = line.indexOf('=')
      const name = line.slice(0, Math.max(at, 0)).trim()
      if (!secretNames.includes(name))
        throw new Failure(`a line of standard input must begin with ${secretNames.join('=, ')}=`)
      body[name] = line.slice(at + 1).replace(/\r$/, '')
    }
  }
  return body
}

const all = async (client: Client): Promise<Credential[]> =>
  (await client.call<{ credentials: Credential[] }>('GET', '/api/v1/credentials')).credentials

async function idOf(client: Client, name: string): Promise<string> {
  if (isGuid(name)) return name
  const found = (await all(client)).find((one) => one.name.toLowerCase() === name.toLowerCase())
  if (found !== undefined) return found.id
  throw new Failure(`no credential is named "${name}"; "plumbline credential list" shows them`)
}
