import { childrenNamed, type XmlElement } from '@plumbline/scap'
import { Failure } from '../failure.ts'
import type { Parameters } from './command-line.ts'

const xmlSignature = 'http://www.w3.org/2000/09/xmldsig#'

/** Options that say how a signature of a data stream is taken; what is no data stream has none. */
export const signing = {
  'skip-signature-validation': 'accepted; signatures are not looked at',
  'enforce-signature': 'refuses data streams: signatures are not validated',
} as const

/** Signatures are not validated: said where there is one, an error where it was asked for. */
export function refuseUnvalidated(root: XmlElement, path: string, parameters: Parameters): void {
  if (root.name !== 'data-stream-collection') return
  const isSigned = childrenNamed(root, 'Signature', xmlSignature).length > 0
  if (parameters.has('enforce-signature'))
    throw new Failure(
      isSigned
        ? `the validation of signatures (--enforce-signature) is not supported: ${path}`
        : `${path} has no signature (--enforce-signature; the validation of one is not supported)`,
    )
  if (isSigned && !parameters.has('skip-signature-validation'))
    process.stderr.write(`WARNING: the signature of ${path} is not validated\n`)
}
