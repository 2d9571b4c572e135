import { randomUUID } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { X509Certificate } from 'node:crypto'
import type { Config } from './config.ts'

export interface Certificate {
  readonly cert: string
  readonly key: string
  /** SHA-256, as `AB:CD:…`. */
  readonly fingerprint: string
}

const renewDays = 30
const dayMs = 24 * 3600 * 1000

/** The operator's certificate, or one of our own: made at first start, kept, and renewed a month before it ends. */
export async function loadCertificate(config: Config): Promise<Certificate> {
  if (config.tlsCertificate !== undefined && config.tlsKey !== undefined) {
    return withFingerprint(readFileSync(config.tlsCertificate, 'utf8'), readFileSync(config.tlsKey, 'utf8'))
  }
  const folder = join(config.dataDirectory, 'tls')
  const kept = readKept(folder)
  if (kept !== undefined && Date.parse(new X509Certificate(kept.cert).validTo) - Date.now() > renewDays * dayMs)
    return kept
  // Two hundred modules that a start every two years has a use for.
  const { makeCertificate } = await import('./make-certificate.ts')
  const made = withFingerprint(...(await makeCertificate([hostname(), 'localhost', config.host])))
  return keep(folder, made, kept !== undefined)
}

/** Certificate and key come and go together, whenever the process is killed; of processes that start at once, one makes them. */
function keep(folder: string, made: Certificate, renews: boolean): Certificate {
  const draft = `${folder}.${randomUUID()}`
  mkdirSync(draft, { recursive: true, mode: 0o700 })
  writeFileSync(join(draft, 'key.pem'), made.key, { mode: 0o600, flush: true })
  writeFileSync(join(draft, 'certificate.pem'), made.cert, { flush: true })
  if (renews) rmSync(folder, { recursive: true, force: true })
  for (;;) {
    try {
      renameSync(draft, folder)
      return made
    } catch (error) {
      if (!['EEXIST', 'ENOTEMPTY'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
    }
    const theirs = readKept(folder)
    // Half of a pair is of no use to anybody.
    rmSync(theirs === undefined ? folder : draft, { recursive: true, force: true })
    if (theirs !== undefined) return theirs
  }
}

/** Undefined when there is none, or only half of one. */
function readKept(folder: string): Certificate | undefined {
  try {
    return withFingerprint(
      readFileSync(join(folder, 'certificate.pem'), 'utf8'),
      readFileSync(join(folder, 'key.pem'), 'utf8'),
    )
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

const withFingerprint = (cert: string, key: string): Certificate => ({
  cert,
  key,
  fingerprint: new X509Certificate(cert).fingerprint256,
})
