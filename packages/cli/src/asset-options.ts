import { Option, type Command } from 'commander'
import { parseAsset, type AssetAddress } from './asset-address.ts'
import { Failure } from './failure.ts'
import { readInventory } from './inventory.ts'
import type { SecretOptions } from './ssh-secrets.ts'

export interface AssetOptions extends SecretOptions {
  readonly asset?: readonly string[]
  readonly inventory?: readonly string[]
  readonly limit?: readonly string[]
  readonly hostKey: 'accept-new' | 'strict'
  readonly knownHosts: string
  readonly parallel: number
  readonly commandTimeout?: number
  readonly assetTimeout: number
}

/** The options that say which assets are meant, and how they are reached. */
export function withAssets(command: Command): Command {
  return command
    .addOption(
      several(
        '--asset <asset>',
        'local (without any), root:DIR, or ssh://[user@]host[:port][?sudo=true]; may be repeated',
      ),
    )
    .addOption(
      several('--inventory <file>', 'assets from a CSV table, an Ansible inventory (INI, YAML) or an ssh_config'),
    )
    .addOption(several('--limit <pattern>', 'of the inventory only these, as "web-*" or "!web-3"'))
    .addOption(several('--identity <file>', 'a private key to log in with; its passphrase is asked for'))
    .option('--no-agent', 'do not ask the agent of SSH_AUTH_SOCK')
    .option('--ask-password', 'ask for the password to log in with')
    .option('--ask-become-password', 'ask for the password of sudo, or of root for su')
    .option('--password-stdin', 'read the password to log in with from standard input, first line')
    .option('--become-password-stdin', 'read the password of sudo or su from standard input, next line')
    .addOption(
      new Option('--host-key <rule>', 'what to do about a host whose key is not known')
        .choices(['strict', 'accept-new'])
        .default('strict'),
    )
    .option('--known-hosts <file>', 'where approved host keys are kept', '~/.ssh/known_hosts')
    .option('--parallel <n>', 'assets at a time', positive, 10)
    .option('--command-timeout <seconds>', 'the most that one command on an asset may take', positive)
    .option('--asset-timeout <seconds>', 'the most that one asset may take', positive, 1800)
}

const several = (flags: string, description: string): Option =>
  new Option(flags, description).argParser((value: string, before: readonly string[] | undefined) => [
    ...(before ?? []),
    value,
  ])

function positive(text: string): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1) throw new Failure(`"${text}" is no whole number from 1`)
  return value
}

/** The assets that the options name, each once; this machine where they name none. */
export function addressesOf({ asset = [], inventory = [], limit = [] }: AssetOptions): AssetAddress[] {
  if (limit.length > 0 && inventory.length === 0) throw new Failure('--limit is for an --inventory; there is none')
  const all = [...asset.map(parseAsset), ...inventory.flatMap((file) => readInventory(file, limit))]
  if (all.length === 0) return [parseAsset('local')]
  const byName = new Map<string, AssetAddress>()
  for (const address of all) {
    const found = byName.get(address.name)
    if (found !== undefined && JSON.stringify(found) !== JSON.stringify(address)) {
      throw new Failure(
        `two assets are named ${address.name}; name them apart (name=… in an address, or the column "name")`,
      )
    }
    byName.set(address.name, address)
  }
  return [...byName.values()]
}
