import { existsSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { sql } from 'kysely'
import { ConfigError } from './config.ts'
import type { Config } from './config.ts'
import { applicationName, openDatabase } from './db/database.ts'
import type { Database, Transaction } from './db/database.ts'
import { DatabaseError } from './db/database-error.ts'
import { migrate, productionMigrations } from './db/migrate.ts'
import { recordAudit } from './store/audit.ts'
import { listSealed, replaceSealed } from './store/credentials.ts'
import { beginRotation, endRotation, findRotation, lockForSealing } from './store/master-key-rotations.ts'
import {
  createVault,
  isSealedWith,
  loadMasterKey,
  loadNextKey,
  makeKey,
  makeKeyFile,
  markOf,
  masterKeyFile,
  nextKeyFile,
  readKey,
  VaultError,
} from './vault.ts'
import type { Vault } from './vault.ts'

export interface Rotation {
  /** Credentials that were sealed with the new key now. */
  readonly sealed: number
  /** Those that were already: an earlier rotation to the same key was interrupted. */
  readonly already: number
  /** Names of those that neither key opens; they stay as they are. */
  readonly unreadable: readonly string[]
  /** Where the new key is from now on; undefined when it is to be set as PLUMBLINE_MASTER_KEY. */
  readonly file: string | undefined
}

/** Seals all credentials with a new master key, while no server and no worker runs. */
export async function rotateMasterKey(config: Config, newKey?: string): Promise<Rotation> {
  const given = newKey === undefined ? undefined : readKey(newKey, 'standard input')
  refuseWithoutKey(config, given)
  if (config.masterKey === undefined && !existsSync(masterKeyFile(config))) {
    throw new ConfigError(`there is no ${masterKeyFile(config)}; name the data directory with --data`)
  }
  const [old, next] = [loadMasterKey(config), loadNextKey(config)]
  const folder = join(config.dataDirectory, 'production')
  if (config.databaseUrl === undefined && !existsSync(folder)) {
    throw new ConfigError(`there is no database in ${config.dataDirectory}; name its directory or --database-url`)
  }
  const database = await openDatabase({ url: config.databaseUrl, folder, maxConnections: 1 })
  try {
    await refuseInUse(database)
    await migrate(database.kysely, productionMigrations)
    const vault = createVault(old, ...(next === undefined ? [] : [next]))
    return await rotate({ config, database, vault, given, actor: 'key rotate' })
  } finally {
    await database.close()
  }
}

export interface RotationParts {
  readonly config: Config
  readonly database: Database
  readonly vault: Vault
  readonly given: Uint8Array | undefined
  readonly actor: string
  /** Waits until all who run have the new key. */
  readonly untilKnown?: () => Promise<void>
}

/**
 * The new key is in a file, and sealed with the old one in the database, before any credential is sealed with it: whoever
 * runs takes it from there. When all have it, the credentials are sealed in one transaction, and only then the file takes the
 * place of the old one. Killed in between, servers start with both keys, and a second rotation goes on with the same new key.
 */
export async function rotate({ config, database, vault, given, actor, untilKnown }: RotationParts): Promise<Rotation> {
  const db = database.kysely
  const isFile = config.masterKey === undefined
  const begun = await findRotation(db)
  // It was interrupted after the new key had taken the place of the old one.
  const isLast = begun !== undefined && Buffer.from(begun.keyMark).equals(vault.keyMark)
  if (begun === undefined && given !== undefined && markOf(given).equals(vault.keyMark)) {
    throw new ConfigError('the new key is the old one')
  }
  if (!isLast) {
    const known = begun === undefined ? undefined : vault.openKey(begun.sealedKey)
    const key = isFile ? nextKey(config, known ?? given) : (known ?? given ?? makeKey())
    const { sealedKey } = await beginRotation(db, { keyMark: markOf(key), sealedKey: vault.sealKey(key) })
    const agreed = Buffer.from(vault.openKey(sealedKey))
    if (!agreed.equals(key) || (given !== undefined && !agreed.equals(given))) throw interrupted(config)
    vault.learn(sealedKey)
  }
  await untilKnown?.()
  const rotation = await db.transaction().execute((tx) => sealAnew(tx, vault, actor))
  if (isFile && existsSync(nextKeyFile(config))) renameSync(nextKeyFile(config), masterKeyFile(config))
  await endRotation(db)
  return { ...rotation, file: isFile ? masterKeyFile(config) : undefined }
}

export function refuseWithoutKey(config: Config, given: Uint8Array | undefined): void {
  if (config.masterKey !== undefined && given === undefined) {
    throw new ConfigError('the key is that of PLUMBLINE_MASTER_KEY, so the new one has to be given: --new-key-stdin')
  }
}

const interrupted = (config: Config): ConfigError =>
  new ConfigError(
    `a rotation to another key was interrupted; end it first, without --new-key-stdin (its key is in ${nextKeyFile(config)})`,
  )

/** The one of a rotation that was interrupted, or a new one, which is kept before it is used. */
function nextKey(config: Config, given: Uint8Array | undefined): Uint8Array {
  if (loadNextKey(config) === undefined) makeKeyFile(nextKeyFile(config), given ?? makeKey())
  const key = loadNextKey(config)
  if (key === undefined || (given !== undefined && !Buffer.from(given).equals(key))) throw interrupted(config)
  return key
}

/** A server sees only after a moment that whoever was stopped is gone. */
const goneMs = 5000

/** The embedded database is nobody else's; on a server the connections of others tell that they run. */
async function refuseInUse({ kind, kysely }: Database): Promise<void> {
  if (kind === 'embedded') return
  for (const end = performance.now() + goneMs; ;) {
    const { rows } = await sql<{ used: boolean }>`
      select exists (select from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()
        and starts_with(application_name, ${applicationName})) as used`.execute(kysely)
    if (rows[0]?.used !== true) return
    if (performance.now() > end) break
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
  throw new DatabaseError(
    'database-in-use',
    'a server or a worker is connected to the database; let the server rotate the key ("plumbline key rotate --online"), or stop all of them',
  )
}

async function sealAnew(tx: Transaction, vault: Vault, actor: string): Promise<Omit<Rotation, 'file'>> {
  await lockForSealing(tx)
  const unreadable: string[] = []
  let [sealed, already] = [0, 0]
  for (const credential of await listSealed(tx)) {
    const purpose = `credential ${credential.id}`
    try {
      const secrets = vault.open(credential.sealed, purpose)
      if (isSealedWith(vault.keyMark, credential.sealed)) already += 1
      else {
        await replaceSealed(tx, credential.id, vault.seal(secrets, purpose))
        sealed += 1
      }
    } catch (error) {
      if (!(error instanceof VaultError)) throw error
      unreadable.push(credential.name)
    }
  }
  const detail = { sealed, already, unreadable }
  const target = `${sealed + already} credentials`
  await recordAudit(tx, { actor, action: 'master-key.rotate', target, outcome: 'done', detail })
  return { sealed, already, unreadable }
}
