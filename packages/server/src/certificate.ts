import 'reflect-metadata'
import { webcrypto } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { X509Certificate } from 'node:crypto'
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from '@peculiar/x509'
import type { Config } from './config.ts'

export interface Certificate {
  readonly cert: string
  readonly key: string
  /** SHA-256, as `AB:CD:…`. */
  readonly fingerprint: string
}

const lifetimeDays = 730
const renewDays = 30
const dayMs = 24 * 3600 * 1000

/** The operator's certificate, or one of our own: made at first start, kept, and renewed a month before it ends. */
export async function loadCertificate(config: Config): Promise<Certificate> {
  if (config.tlsCertificate !== undefined && config.tlsKey !== undefined) {
    return withFingerprint(readFileSync(config.tlsCertificate, 'utf8'), readFileSync(config.tlsKey, 'utf8'))
  }
  const folder = join(config.dataDirectory, 'tls')
  const [certificatePath, keyPath] = [join(folder, 'certificate.pem'), join(folder, 'key.pem')]
  const kept = readKept(certificatePath, keyPath)
  if (kept !== undefined && Date.parse(new X509Certificate(kept.cert).validTo) - Date.now() > renewDays * dayMs)
    return kept
  const made = await makeCertificate([hostname(), 'localhost', config.host])
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  writeFileSync(keyPath, made.key, { mode: 0o600 })
  writeFileSync(certificatePath, made.cert)
  return made
}

function readKept(certificatePath: string, keyPath: string): Certificate | undefined {
  try {
    return withFingerprint(readFileSync(certificatePath, 'utf8'), readFileSync(keyPath, 'utf8'))
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

async function makeCertificate(names: readonly string[]): Promise<Certificate> {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const alternatives = [...new Set([...names, '127.0.0.1', '::1'])].map((name) =>
    /^[\d.]+$|:/.test(name) ? ({ type: 'ip', value: name } as const) : ({ type: 'dns', value: name } as const),
  )
  const certificate = await X509CertificateGenerator.createSelfSigned(
    {
      name: `CN=${names[0] ?? 'plumbline'}`,
      notBefore: new Date(Date.now() - 3600 * 1000),
      notAfter: new Date(Date.now() + lifetimeDays * dayMs),
      keys: keys as never,
      signingAlgorithm: algorithm,
      extensions: [
        // Clients that pin it give it as the one authority they trust.
        new BasicConstraintsExtension(true, 0, true),
        new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
        new SubjectAlternativeNameExtension(alternatives),
      ],
    },
    webcrypto as never,
  )
  const key = PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY')
  return withFingerprint(certificate.toString('pem'), key)
}
