import { openSshSession, TransportError } from '@plumbline/collect'
import type { Elevation, Session, SshCredentials, SshHop } from '@plumbline/collect'
import { parseAssetExpression } from '../api/asset-expression.ts'
import { SearchExpressionError } from '../api/search-expression.ts'
import type { Database } from '../db/database.ts'
import type { AssetAddress, JumpHost } from '../db/schema.ts'
import { searchAssets } from '../store/assets.ts'
import { findCandidates, findCredential } from '../store/credentials.ts'
import type { SealedCredential } from '../store/credentials.ts'
import { rememberHostKey } from '../store/host-keys.ts'
import { learnNewKey } from '../store/master-key-rotations.ts'
import type { Vault } from '../vault.ts'
import { CollectionImpossible } from './collection-failure.ts'
import { databaseHostKeys } from './host-keys.ts'
import type { AssetToOpen } from './task-context.ts'

export interface SshSettings {
  readonly commandTimeoutSeconds: number
  /** For each of: to connect, to log in, to have a shell. */
  readonly connectTimeoutSeconds: number
  readonly unknownHostKeys: 'accept-new' | 'refuse'
}

interface AssetBySsh extends AssetToOpen {
  readonly address: Extract<AssetAddress, { transport: 'ssh' }>
}

/** Logs in to an asset with its nearest credential, and to the servers on the way, if each shows the key that was approved. */
export async function openAssetBySsh(
  { database, vault, settings }: { database: Database; vault: Vault; settings: SshSettings },
  { id, name, address, unknownHostKeys, stepAside }: AssetBySsh,
  signal: AbortSignal,
): Promise<Session> {
  const credential = await credentialOf(database, id, name)
  const secrets = await openSecrets(database, vault, credential)
  const hostKeys = await databaseHostKeys(database.kysely)
  const credentials = sshCredentials(credential, secrets)
  const hop = ({ host, port, user }: JumpHost): SshHop => ({ host, port, user: user ?? credential.user, credentials })
  try {
    return await openSshSession({
      asset: name,
      target: { ...hop(address), legacyAlgorithms: address.legacyAlgorithms },
      jumps: address.jumps?.map(hop),
      elevation: elevationOf(credential, secrets),
      hostKeys,
      unknownHostKey: ruleOf(unknownHostKeys, settings),
      commandTimeoutMs: settings.commandTimeoutSeconds * 1000,
      connectTimeoutMs: settings.connectTimeoutSeconds * 1000,
      authenticateTimeoutMs: settings.connectTimeoutSeconds * 1000,
      shellTimeoutMs: settings.connectTimeoutSeconds * 1000,
      signal,
      stepAside,
    })
  } finally {
    for (const { host, key } of hostKeys.shown) await rememberHostKey(database.kysely, host, key)
  }
}

const ruleOf = (
  ofJob: AssetToOpen['unknownHostKeys'] = 'default',
  settings: SshSettings,
): SshSettings['unknownHostKeys'] => (ofJob === 'default' ? settings.unknownHostKeys : ofJob)

/** Its own; else that of a group it is in, by the groups' names; else that of its folder or the nearest one above. */
async function credentialOf({ kysely }: Database, assetId: string, name: string): Promise<SealedCredential> {
  for (const { credentialId, expression } of await findCandidates(kysely, assetId)) {
    if (expression !== null && !(await isFoundBy(kysely, expression, assetId))) continue
    const credential = await findCredential(kysely, credentialId)
    if (credential !== undefined) return credential
  }
  throw new CollectionImpossible(
    'no-credential',
    `${name} has no credential; add one for it, for a group that it is in, or for its folder ("plumbline credential add").`,
  )
}

async function isFoundBy(db: Database['kysely'], expression: string, id: string): Promise<boolean> {
  try {
    const { total } = await searchAssets(db, {
      conditions: parseAssetExpression(expression),
      container: 'Asset System',
      subtree: true,
      permitted: ['asset system'],
      page: 0,
      pageSize: 1,
      id,
    })
    return total > 0
  } catch (error) {
    if (error instanceof SearchExpressionError) return false
    throw error
  }
}

/** As the credential operations seal them. */
interface Secrets {
  readonly password?: string
  readonly privateKey?: string
  readonly passphrase?: string
  readonly elevationPassword?: string
}

async function openSecrets(
  { kysely }: Database,
  vault: Vault,
  { id, name, sealed }: SealedCredential,
): Promise<Secrets> {
  try {
    await learnNewKey(kysely, vault)
    return vault.open(sealed, `credential ${id}`) as Secrets
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new TransportError('credential-unusable', `cannot open the credential ${name}: ${why}`)
  }
}

function sshCredentials({ name }: SealedCredential, { password, privateKey, passphrase }: Secrets): SshCredentials {
  return {
    keys: privateKey === undefined ? [] : [{ name: `of the credential ${name}`, text: privateKey, passphrase }],
    password,
  }
}

/** sudo asks for the password of the account itself unless another one is given. */
function elevationOf({ elevation }: SealedCredential, { password, elevationPassword }: Secrets): Elevation {
  if (elevation === 'sudo') return { kind: 'sudo', password: elevationPassword ?? password }
  if (elevation === 'su') return { kind: 'su', password: elevationPassword ?? '' }
  return { kind: elevation }
}
