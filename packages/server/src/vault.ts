import { createCipheriv, createDecipheriv, createHash, randomBytes, randomUUID } from 'node:crypto'
import { existsSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ConfigError } from './config.ts'
import type { Config } from './config.ts'

/** Keeps the secrets of credentials: what is sealed for one purpose opens for no other. */
export interface Vault {
  seal(secret: object, purpose: string): Uint8Array
  /** Throws {@link VaultError} when it was sealed with another master key, for another purpose, or changed since. */
  open(sealed: Uint8Array, purpose: string): object
  /** By which what is sealed tells with which key: that of the key it seals with now. */
  readonly keyMark: Uint8Array
  /** Whether it opens what the key of this mark sealed. */
  has(keyMark: Uint8Array): boolean
  /** A new key for whoever knows the present one. */
  sealKey(key: Uint8Array): Uint8Array
  openKey(sealedKey: Uint8Array): Uint8Array
  /** From now on it seals with this key, which was sealed with a known one, and still opens what others sealed. */
  learn(sealedKey: Uint8Array): void
}

export class VaultError extends Error {
  override readonly name = 'VaultError'
}

/** Version, the first bytes of the key's digest, nonce, tag, text: AES-256-GCM (NIST SP 800-38D), purpose as further data. */
const version = 1
const markBytes = 4
const nonceBytes = 12
const tagBytes = 16
const keyBytes = 32

/** Seals with the key; what another key sealed opens too. */
export function createVault(key: Uint8Array, ...others: readonly Uint8Array[]): Vault {
  let keys = [key, ...others]
  const vault: Vault = {
    get keyMark() {
      return markOf(keys[0] ?? key)
    },
    has: (keyMark) => keys.some((one) => markOf(one).equals(keyMark)),
    sealKey: (newKey) => vault.seal({ key: Buffer.from(newKey).toString('base64') }, keyPurpose),
    openKey: (sealedKey) => readKey((vault.open(sealedKey, keyPurpose) as { key: string }).key, 'the new master key'),
    learn(sealedKey) {
      const newKey = vault.openKey(sealedKey)
      keys = [newKey, ...keys.filter((one) => !markOf(one).equals(markOf(newKey)))]
    },
    seal(secret, purpose) {
      const nonce = randomBytes(nonceBytes)
      const cipher = createCipheriv('aes-256-gcm', keys[0] ?? key, nonce).setAAD(Buffer.from(purpose))
      const text = Buffer.concat([cipher.update(JSON.stringify(secret), 'utf8'), cipher.final()])
      return Buffer.concat([Buffer.of(version), vault.keyMark, nonce, cipher.getAuthTag(), text])
    },
    open(sealed, purpose) {
      const bytes = Buffer.from(sealed)
      const [nonceAt, tagAt, textAt] = [
        1 + markBytes,
        1 + markBytes + nonceBytes,
        1 + markBytes + nonceBytes + tagBytes,
      ]
      const used = keys.find((one) => bytes.subarray(1, nonceAt).equals(markOf(one)))
      if (bytes[0] !== version || used === undefined) {
        throw new VaultError('it was sealed with another master key; start with that key, or enter the secrets again')
      }
      try {
        const decipher = createDecipheriv('aes-256-gcm', used, bytes.subarray(nonceAt, tagAt))
          .setAAD(Buffer.from(purpose))
          .setAuthTag(bytes.subarray(tagAt, textAt))
        const text = Buffer.concat([decipher.update(bytes.subarray(textAt)), decipher.final()]).toString('utf8')
        return JSON.parse(text) as object
      } catch (error) {
        throw new VaultError('it was changed since it was sealed; enter the secrets again', { cause: error })
      }
    },
  }
  return vault
}

const keyPurpose = 'master key'

export const markOf = (key: Uint8Array): Buffer => createHash('sha256').update(key).digest().subarray(0, markBytes)

export const isSealedWith = (keyMark: Uint8Array, sealed: Uint8Array): boolean =>
  Buffer.from(sealed)
    .subarray(1, 1 + markBytes)
    .equals(keyMark)

type Where = Pick<Config, 'dataDirectory' | 'masterKey'>

export const masterKeyFile = ({ dataDirectory }: Where): string => join(dataDirectory, 'master.key')
/** The key of a rotation that has not ended; it takes the place of the other when all secrets are sealed with it. */
export const nextKeyFile = (where: Where): string => `${masterKeyFile(where)}.next`

/** The key of PLUMBLINE_MASTER_KEY, or of a file in the data directory that is made at the first start. */
export function loadMasterKey(where: Where): Uint8Array {
  if (where.masterKey !== undefined) return readKey(where.masterKey, 'PLUMBLINE_MASTER_KEY')
  const path = masterKeyFile(where)
  if (!existsSync(path)) {
    mkdirSync(where.dataDirectory, { recursive: true })
    makeKeyFile(path, makeKey())
  }
  return readKey(readFileSync(path, 'utf8'), path)
}

/** The key of a rotation that was interrupted: some secrets may be sealed with it already. */
export function loadNextKey(where: Where): Uint8Array | undefined {
  const path = nextKeyFile(where)
  if (where.masterKey !== undefined || !existsSync(path)) return undefined
  return readKey(readFileSync(path, 'utf8'), path)
}

export const makeKey = (): Uint8Array => randomBytes(keyBytes)

/** Wholly or not at all, whenever the process is killed; of processes that make it at once, one does. */
export function makeKeyFile(path: string, key: Uint8Array): void {
  const draft = `${path}.${randomUUID()}`
  writeFileSync(draft, `${Buffer.from(key).toString('base64')}\n`, { mode: 0o600, flush: true })
  try {
    linkSync(draft, path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  } finally {
    rmSync(draft)
  }
}

/** Throws {@link ConfigError}. */
export function readKey(text: string, where: string): Uint8Array {
  const key = Buffer.from(text.trim(), 'base64')
  if (key.length === keyBytes) return key
  throw new ConfigError(
    `${where} must hold ${keyBytes} bytes in Base64, as "openssl rand -base64 ${keyBytes}" prints them`,
  )
}
