import type { Client } from './client.ts'
import { Failure } from './failure.ts'

export const isGuid = (text: string): boolean => /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text)

interface Found {
  readonly Id: string
  readonly DisplayName: string
  readonly Type?: string
}

/** An element of `AssetsResolutionInfo` for an asset's name, or for the GUID of an asset or asset group. */
export async function findAsset(client: Client, nameOrId: string): Promise<{ Id: string; Type: string }> {
  if (isGuid(nameOrId)) return { Id: nameOrId, Type: 'symc-csm-AssetSystem-Asset-Unix-Machine' }
  const reply = await client.call<{ assetDataList: Found[] }>('GET', '/ccs/api/v1/assets', {
    query: { Attributes: `(displayName = ${nameOrId})` },
  })
  const asset = only(reply.assetDataList, 'asset', nameOrId)
  return { Id: asset.Id, Type: asset.Type ?? '' }
}

/** The GUID of an asset group. */
export async function findAssetGroup(client: Client, nameOrId: string): Promise<string> {
  if (isGuid(nameOrId)) return nameOrId
  const reply = await client.call<{ assetGroupDataList: Found[] }>('GET', '/ccs/api/v1/assetgroup', {
    query: { Attributes: `(displayName = ${nameOrId})` },
  })
  return only(reply.assetGroupDataList, 'group', nameOrId).Id
}

export async function findStandard(client: Client, nameOrId: string): Promise<string> {
  if (isGuid(nameOrId)) return nameOrId
  const reply = await client.call<{ standardDataList: Found[] }>('GET', '/ccs/api/v1/standards', {
    query: { Attributes: `(displayName = ${nameOrId})` },
  })
  return only(reply.standardDataList, 'standard', nameOrId).Id
}

function only(found: readonly Found[], kind: string, name: string): Found {
  const [first, second] = found
  if (first === undefined)
    throw new Failure(`no ${kind} is named "${name}"; "plumbline ${kind} list" shows those you may see`)
  if (second !== undefined) throw new Failure(`${found.length} ${kind}s are named "${name}"; name one by its GUID`)
  return first
}
