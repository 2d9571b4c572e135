import 'reflect-metadata'
import { webcrypto } from 'node:crypto'
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from '@peculiar/x509'

const lifetimeDays = 730
const dayMs = 24 * 3600 * 1000

/** A certificate that signs itself, for these host names and addresses, and its key; both as PEM. */
export async function makeCertificate(names: readonly string[]): Promise<[cert: string, key: string]> {
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
  return [certificate.toString('pem'), key]
}
