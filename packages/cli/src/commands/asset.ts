import type { Command } from 'commander'
import { connect } from '../client.ts'
import type { Client } from '../client.ts'
import { Failure } from '../failure.ts'
import { findAsset, findStandard } from '../names.ts'
import { print, table } from '../output.ts'
import { registerImport } from './asset-import.ts'
import { registerVerdicts } from './asset-verdicts.ts'

interface Asset {
  readonly Id: string
  readonly DisplayName: string
  readonly Type: string
  readonly Path: string
}

export function registerAsset(program: Command): void {
  const asset = program
    .command('asset')
    .description('assets: list, show, add, import, import-job, test, verdicts, delete')
  asset
    .command('list')
    .description('the assets you may see')
    .option('--match <expression>', 'a search expression', '(displayName = *)')
    .option('--json', 'print JSON')
    .addHelpText('after', "\nExample:\n  plumbline asset list --match '(displayName StartsWith web)'")
    .action(async (options: { match: string; json?: true }) => {
      const client = await connect()
      const assets = await allAssets(client, options.match)
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
    .addHelpText('after', '\nExample:\n  plumbline asset show web-1')
    .action(async (name: string) => {
      const client = await connect()
      const { Id } = await findAsset(client, name)
      print(true, await client.call('GET', `/ccs/api/v1/assets/${Id}`), () => '')
    })
  asset
    .command('add <address>')
    .description('a UNIX machine, by its name or address; it is reached by SSH')
    .option('--name <name>', 'what to call it; the address without')
    .option('--port <n>', 'port of its SSH server; 22 without')
    .option('--user <name>', 'who logs in; the account of its credential without')
    .option('--jump <hosts>', 'servers to go through: [user@]host[:port], with commas between several')
    .option('--folder <path>', 'folder below Asset System; Assets without ("plumbline folder list")')
    .option('--set <attribute=value>', 'any other attribute, by its id', list)
    .addHelpText(
      'after',
      "\nExamples:\n  plumbline asset add 10.0.0.7 --name web-3 --folder 'Asset System\\Web'\n  plumbline asset add web-4 --port 2222 --jump ops@bastion",
    )
    .action(async (address: string, options: AddOptions) => {
      const made = await create(await connect(), [unixAsset({ address, ...options })])
      process.stdout.write(`${made.map(({ Id }) => Id).join('\n')}\n`)
    })
  registerImport(asset)
  asset
    .command('test <asset>')
    .description('go the way that a collection goes: name, connection, SSH, login, elevation, system, tools')
    .option('--standard <standard>', 'collect for it too, and tell how many of its rules can be decided')
    .option('--json', 'print JSON')
    .addHelpText('after', "\nExample:\n  plumbline asset test web-3 --standard 'Plumbline Linux baseline: server'")
    .action(async (name: string, options: { json?: true; standard?: string }) => {
      const client = await connect()
      const { Id } = await findAsset(client, name)
      const report = await client.call<ProbeReport>('POST', `/api/v1/assets/${Id}/test`, {
        ...(options.standard === undefined
          ? {}
          : { query: { standard: await findStandard(client, options.standard) } }),
      })
      print(options.json, report, () => asText(report))
      if (!report.ok) process.exitCode = 2
    })
  registerVerdicts(asset)
  asset
    .command('delete <asset...>')
    .description('delete assets; what was found on them stays until its retention ends')
    .addHelpText('after', '\nExample:\n  plumbline asset delete web-1')
    .action(async (names: string[]) => {
      const client = await connect()
      const ids: string[] = []
      for (const name of names) ids.push((await findAsset(client, name)).Id)
      await client.call('DELETE', '/ccs/api/v1/assets', { body: ids })
    })
}

async function allAssets(client: Client, expression: string): Promise<Asset[]> {
  const assets: Asset[] = []
  for (let page = 0, pages = 1; page < pages; page += 1) {
    const reply = await client.call<{ assetDataList: Asset[]; TotalPages: number }>('GET', '/ccs/api/v1/assets', {
      query: { Attributes: expression, page: String(page), pagesize: '1000' },
    })
    assets.push(...reply.assetDataList)
    pages = reply.TotalPages
  }
  return assets
}

interface ProbeReport {
  readonly ok: boolean
  readonly steps: readonly {
    readonly step: string
    readonly ok: boolean
    readonly text: string
    readonly milliseconds: number
  }[]
  readonly coverage?: { readonly reasons: readonly { readonly text: string; readonly rules: number }[] }
}

function asText({ steps, coverage }: ProbeReport): string {
  const rows = steps.map(({ step, ok, milliseconds, text }) => [step, ok ? 'ok' : 'FAILED', String(milliseconds), text])
  const reasons = coverage?.reasons ?? []
  return [
    table(['step', 'result', 'ms', 'found'], rows),
    ...(reasons.length === 0
      ? []
      : [
          '',
          table(
            ['rules', 'not decided, because'],
            reasons.map(({ text, rules }) => [String(rules), text]),
          ),
        ]),
  ].join('\n')
}

interface AddOptions {
  readonly name?: string
  readonly port?: string
  readonly user?: string
  readonly jump?: string
  readonly folder?: string
  readonly set?: string[]
}

const unix = 'symc-csm-AssetSystem-Asset-Unix-Machine'
const list = (value: string, previous: string[] = []): string[] => [...previous, value]

function unixAsset({
  address,
  name,
  port,
  user,
  jump,
  folder,
  set,
}: AddOptions & { readonly address: string }): object {
  const others = (set ?? []).map((setting) => {
    const at = setting.indexOf('=')
    if (at < 1) throw new Failure(`--set takes ATTRIBUTE=VALUE, not "${setting}"`)
    return [setting.slice(0, at), setting.slice(at + 1)]
  })
  return {
    Type: unix,
    [`${unix}-IPAddress`]: address,
    [`${unix}-HostMachine`]: name ?? address,
    ...(port === undefined ? {} : { [`${unix}-SSHPortNo`]: port }),
    ...(user === undefined ? {} : { [`${unix}-SSHUser`]: user }),
    ...(jump === undefined ? {} : { [`${unix}-SSHJumpHosts`]: jump }),
    ...(folder === undefined ? {} : { container: folder }),
    ...Object.fromEntries(others),
  }
}

const create = (client: Client, assets: readonly object[]): Promise<{ Id: string; DisplayName: string }[]> =>
  client.call('POST', '/ccs/api/v1/assets', { body: assets })
