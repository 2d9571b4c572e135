import { messageWithAdvice, TransportError } from '@plumbline/collect'

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

export function collectionTimeOut(): LimitReached {
  const message = "The job's time limit for collecting was reached before this asset was done."
  return new LimitReached('collection-time-out', message)
}

export function asCollectionFailure(error: unknown): CollectionFailure {
  if (error instanceof TransportError) {
    return { reason: error.code, message: messageWithAdvice(error), retryable: error.retryable }
  }
  if (error instanceof CollectionImpossible) return { reason: error.code, message: error.message, retryable: false }
  return {
    reason: 'internal-error',
    message: 'Collecting met an error of the program; see the log of the server.',
    retryable: true,
  }
}
