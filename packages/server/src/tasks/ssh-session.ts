import { openSshSession, TransportError } from '@plumbline/collect'
import type { Asides, Elevation, Session, SshHop } from '@plumbline/collect'
import { parseAssetExpression } from '../api/asset-expression.ts'
import { SearchExpressionError } from '../api/search-expression.ts'
import type { Database } from '../db/database.ts'
import type { AssetAddress, JumpHost } from '../db/schema.ts'
import { findAssetAt, searchAssets } from '../store/assets.ts'
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

/**
 * Logs in to an asset with its nearest credential, and to the servers on the way, if each shows the key that was approved.
 * A server on the way that is an asset with a credential is shown that one, any other that of the asset.
 */
export async function openAssetBySsh(
  { database, vault, settings, asides }: { database: Database; vault: Vault; settings: SshSettings; asides: Asides },
  { id, name, address, unknownHostKeys, stepAside }: AssetBySsh,
  signal: AbortSignal,
): Promise<Session> {
  const credential = await credentialOf(database, id)
  if (credential === undefined) {
    throw new CollectionImpossible(
      'no-credential',
      `${name} has no credential; add one for it, for a group that it is in, or for its folder ("plumbline credential add").`,
    )
  }
  const secrets = await openSecrets(database, vault, credential)
  const hostKeys = await databaseHostKeys(database.kysely)
  const target = asHop(address, credential, secrets)
  const jumps: SshHop[] = []
  for (const jump of address.jumps ?? []) {
    const own = await credentialAt(database, jump)
    jumps.push(asHop(jump, own ?? credential, own === undefined ? secrets : await openSecrets(database, vault, own)))
  }
  try {
    return await openSshSession({
      asset: name,
      target: { ...target, legacyAlgorithms: address.legacyAlgorithms },
      jumps,
      elevation: elevationOf(credential, secrets),
      hostKeys,
      unknownHostKey: ruleOf(unknownHostKeys, settings),
      commandTimeoutMs: settings.commandTimeoutSeconds * 1000,
      connectTimeoutMs: settings.connectTimeoutSeconds * 1000,
      authenticateTimeoutMs: settings.connectTimeoutSeconds * 1000,
      shellTimeoutMs: settings.connectTimeoutSeconds * 1000,
      signal,
      stepAside: stepAside && asides.bound(stepAside),
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
async function credentialOf({ kysely }: Database, assetId: string): Promise<SealedCredential | undefined> {
  for (const { credentialId, expression } of await findCandidates(kysely, assetId)) {
    if (expression !== null && !(await isFoundBy(kysely, expression, assetId))) continue
    const credential = await findCredential(kysely, credentialId)
    if (credential !== undefined) return credential
  }
  return undefined
}

async function credentialAt(database: Database, address: JumpHost): Promise<SealedCredential | undefined> {
  const id = await findAssetAt(database.kysely, address)
  return id === undefined ? undefined : credentialOf(database, id)
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

function asHop(
  { host, port, user }: JumpHost,
  credential: SealedCredential,
  { password, privateKey, passphrase }: Secrets,
): SshHop {
  const name = `of the credential ${credential.name}`
  const keys = privateKey === undefined ? [] : [{ name, text: privateKey, passphrase }]
  return { host, port, user: user ?? credential.user, credentials: { keys, password } }
}

/** sudo asks for the password of the account itself unless another one is given. */
function elevationOf({ elevation }: SealedCredential, { password, elevationPassword }: Secrets): Elevation {
  if (elevation === 'sudo') return { kind: 'sudo', password: elevationPassword ?? password }
  if (elevation === 'su') return { kind: 'su', password: elevationPassword ?? '' }
  return { kind: elevation }
}
