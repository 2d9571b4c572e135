/** Why an asset, or one thing on it, could not be read; `docs/errors.md` says what to do about each. */
export type TransportErrorCode =
  | 'auth-refused'
  | 'command-failed'
  | 'command-not-found'
  | 'connection-lost'
  | 'connection-refused'
  | 'credential-unusable'
  | 'elevation-failed'
  | 'host-key-changed'
  | 'host-key-unknown'
  | 'input-output-error'
  | 'no-common-algorithm'
  | 'not-a-directory'
  | 'not-possible-offline'
  | 'permission-denied'
  | 'restricted-shell'
  | 'sudo-password-required'
  | 'timed-out'
  | 'too-large'
  | 'too-many-links'
  | 'unreachable'

const retryable: ReadonlySet<TransportErrorCode> = new Set([
  'connection-lost',
  'connection-refused',
  'timed-out',
  'unreachable',
])

/** Errors that are always of the whole conversation. */
const endsSession: ReadonlySet<TransportErrorCode> = new Set([
  'auth-refused',
  'connection-lost',
  'connection-refused',
  'credential-unusable',
  'elevation-failed',
  'host-key-changed',
  'host-key-unknown',
  'no-common-algorithm',
  'restricted-shell',
  'sudo-password-required',
  'unreachable',
])

/** Something could not be read. What stops one object makes its flag `error`; what stops the session fails the attempt. */
export class TransportError extends Error {
  override readonly name = 'TransportError'
  readonly code: TransportErrorCode
  readonly retryable: boolean
  /** Asking for anything else would fail the same way. A command may time out, or all of the asset. */
  readonly endsSession: boolean

  constructor(code: TransportErrorCode, message: string, options: ErrorOptions & { readonly endsSession?: true } = {}) {
    // It may name a file whose name is no text.
    super(message.toWellFormed(), options)
    this.code = code
    this.retryable = retryable.has(code)
    this.endsSession = options.endsSession === true || endsSession.has(code)
  }
}

export function isSessionLost(error: unknown): error is TransportError {
  return error instanceof TransportError && error.endsSession
}

/** Whether one thing could not be read while the rest can: an outcome. Anything else is for whoever holds the session, or a bug. */
export function concernsOneThing(error: unknown): error is TransportError {
  return error instanceof TransportError && !error.endsSession
}

const advice: Readonly<Record<string, readonly [TransportErrorCode, string]>> = {
  EACCES: ['permission-denied', 'permission denied; grant sudo or use an account that may'],
  EPERM: ['permission-denied', 'permission denied; grant sudo or use an account that may'],
  ELOOP: ['too-many-links', 'too many symbolic links on the way'],
  ENOTDIR: ['not-a-directory', 'a part of the path is no directory'],
}

/** The error of a system call on a path, in our words. */
export function asTransportError(error: unknown, path: string, asset: string): Error {
  const code = (error as NodeJS.ErrnoException | undefined)?.code
  if (error instanceof TransportError || !(error instanceof Error) || code === undefined) {
    return error instanceof Error ? error : new Error(String(error))
  }
  const [ours, text] = advice[code] ?? (['input-output-error', error.message] as const)
  return new TransportError(ours, `cannot read ${path} on ${asset}: ${text}`, { cause: error })
}
