import type { InventoryHost, Place } from '@plumbline/collect'
import { assetTypeOf, attributeNamed, unixMachine } from '../api/asset-types.ts'
import type { AssetType } from '../api/asset-types.ts'
import { readNewAsset } from './new-asset.ts'
import type { AssetSent } from './new-asset.ts'
import type { ImportLine } from './import-assets.ts'

export interface AssetOfLine {
  readonly line: number
  readonly asset: AssetSent
  readonly groups: readonly string[]
}

/** The machines and rows of an inventory as Create Asset would be sent them, and read as it reads them. */
export function asAssets(
  hosts: readonly InventoryHost[],
  folder: string,
): { readonly assets: AssetOfLine[]; readonly refused: ImportLine[]; readonly ignoredColumns: string[] } {
  const assets: AssetOfLine[] = []
  const refused: ImportLine[] = []
  const ignored = new Set<string>()
  for (const host of hosts) {
    const { line, name, groups } = host
    const refuse = (text: string): void => void refused.push({ line, name, outcome: 'refused', text })
    const given = host.columns.get('type')
    const type = assetTypeOf(given ?? unixMachine)
    if (type === undefined) {
      refuse('its type is none of those that Create Asset knows')
      continue
    }
    const read = readNewAsset(asSent(host, type, folder, ignored), '')
    if ('asset' in read) assets.push({ line, asset: read.asset, groups })
    else refuse(read.problems.map(({ Member, Allowed }) => `${Member.replace(/^\./, '')}: ${Allowed}`).join('; '))
  }
  return { assets, refused, ignoredColumns: [...ignored] }
}

function asSent(host: InventoryHost, type: AssetType, folder: string, ignored: Set<string>): object {
  const { place, name, jumps, columns, legacyAlgorithms } = host
  const sent: Record<string, string> = { Type: type.id, container: columns.get('folder') ?? folder }
  for (const [column, value] of columns) {
    const id = attributeNamed(type, column)
    if (id !== undefined) sent[id] = value
    else if (column !== 'type' && column !== 'folder') ignored.add(column)
  }
  if (type.id !== unixMachine || place === undefined) return sent
  return {
    ...sent,
    [`${type.id}-IPAddress`]: place.host,
    [`${type.id}-HostMachine`]: name,
    ...(place.port === undefined ? {} : { [`${type.id}-SSHPortNo`]: String(place.port) }),
    ...(place.user === undefined ? {} : { [`${type.id}-SSHUser`]: place.user }),
    ...(jumps === undefined ? {} : { [`${type.id}-SSHJumpHosts`]: jumps.map(asText).join(',') || 'none' }),
    ...(legacyAlgorithms === undefined ? {} : { [`${type.id}-LegacyAlgorithms`]: String(legacyAlgorithms) }),
  }
}

/** A jump host as it is written. */
function asText({ host, port, user }: Place): string {
  const name = host.includes(':') ? `[${host}]` : host
  return `${user === undefined ? '' : `${user}@`}${name}${port === undefined ? '' : `:${port}`}`
}
