import { TransportError } from '@plumbline/collect'

/** Why nothing could be collected from an asset. The reason is a stable code; docs/errors.md says what to do about each. */
export interface CollectionFailure {
  readonly reason: string
  /** What failed, on which asset, and what to do. */
  readonly message: string
  /** It may pass by itself. */
  readonly retryable: boolean
}

/** A failure that needs no second try: what is asked is not possible. */
export class CollectionImpossible extends Error {
  override readonly name = 'CollectionImpossible'
  readonly code: string

  constructor(code: string, message: string) {
    super(message)
    this.code = code
  }
}

/** A limit that a collection ran into; the reason of the signal that then fires. */
export class LimitReached extends CollectionImpossible {}

const advice: Readonly<Record<string, string>> = {
  'auth-refused': 'check the account and the credential of the asset',
  'connection-lost': 'check the network and run the job again',
  'host-key-changed': 'find out why, then approve the new key of the asset',
  'host-key-unknown': 'approve the key of the asset',
  'permission-denied': 'grant sudo or use an account that may',
  'sudo-password-required': 'let the account use sudo without a password, or give the password',
  'timed-out': 'see what keeps the asset busy, or raise PLUMBLINE_COMMAND_TIMEOUT_SECONDS',
  unreachable: 'check that the asset is up and that its address and port are right',
}

export function asCollectionFailure(error: unknown): CollectionFailure {
  if (error instanceof TransportError) {
    const what = advice[error.code]
    const message = what === undefined || error.message.includes(';') ? error.message : `${error.message}; ${what}`
    return { reason: error.code, message, retryable: error.retryable }
  }
  if (error instanceof CollectionImpossible) return { reason: error.code, message: error.message, retryable: false }
  return {
    reason: 'internal-error',
    message: 'Collecting met an error of the program; see the log of the server.',
    retryable: true,
  }
}
