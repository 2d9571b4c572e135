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
}

export class VaultError extends Error {
  override readonly name = 'VaultError'
}

/** Version, the first bytes of the key's digest, nonce, tag, text: AES-256-GCM (NIST SP 800-38D), purpose as further data. */
const version = 1
const keyMark = 4
const nonceBytes = 12
const tagBytes = 16
const keyBytes = 32

export function createVault(key: Uint8Array): Vault {
  const mark = createHash('sha256').update(key).digest().subarray(0, keyMark)
  return {
    seal(secret, purpose) {
      const nonce = randomBytes(nonceBytes)
      const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(purpose))
      const text = Buffer.concat([cipher.update(JSON.stringify(secret), 'utf8'), cipher.final()])
      return Buffer.concat([Buffer.of(version), mark, nonce, cipher.getAuthTag(), text])
    },
    open(sealed, purpose) {
      const bytes = Buffer.from(sealed)
      const [nonceAt, tagAt, textAt] = [1 + keyMark, 1 + keyMark + nonceBytes, 1 + keyMark + nonceBytes + tagBytes]
      if (bytes[0] !== version || !bytes.subarray(1, nonceAt).equals(mark)) {
        throw new VaultError('it was sealed with another master key; start with that key, or enter the secrets again')
      }
      try {
        const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(nonceAt, tagAt))
          .setAAD(Buffer.from(purpose))
          .setAuthTag(bytes.subarray(tagAt, textAt))
        const text = Buffer.concat([decipher.update(bytes.subarray(textAt)), decipher.final()]).toString('utf8')
        return JSON.parse(text) as object
      } catch (error) {
        throw new VaultError('it was changed since it was sealed; enter the secrets again', { cause: error })
      }
    },
  }
}

/** The key of PLUMBLINE_MASTER_KEY, or of a file in the data directory that is made at the first start. */
export function loadMasterKey({ masterKey, dataDirectory }: Pick<Config, 'dataDirectory' | 'masterKey'>): Uint8Array {
  if (masterKey !== undefined) return decode(masterKey, 'PLUMBLINE_MASTER_KEY')
  const path = join(dataDirectory, 'master.key')
  if (!existsSync(path)) {
    mkdirSync(dataDirectory, { recursive: true })
    makeOnce(path, `${randomBytes(keyBytes).toString('base64')}\n`)
  }
  return decode(readFileSync(path, 'utf8'), path)
}

/** Wholly or not at all, whenever the process is killed; of processes that start at once, one makes it. */
function makeOnce(path: string, text: string): void {
  const draft = `${path}.${randomUUID()}`
  writeFileSync(draft, text, { mode: 0o600, flush: true })
  try {
    linkSync(draft, path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  } finally {
    rmSync(draft)
  }
}

function decode(text: string, where: string): Uint8Array {
  const key = Buffer.from(text.trim(), 'base64')
  if (key.length === keyBytes) return key
  throw new ConfigError(
    `${where} must hold ${keyBytes} bytes in Base64, as "openssl rand -base64 ${keyBytes}" prints them`,
  )
}
