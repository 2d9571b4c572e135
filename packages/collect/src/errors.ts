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

/** What to do about each, for messages that do not say it of this very case. */
const whatToDo: Readonly<Record<TransportErrorCode, string>> = {
  'auth-refused': 'check the account, and that its key or password is the one that the asset knows',
  'command-failed': 'run the command on the asset by hand and see what it says',
  'command-not-found': 'install the tool on the asset, or leave the rules out that need it',
  'connection-lost': 'check the network and whether the asset is still up, then try again',
  'connection-refused': 'check the port, and that sshd runs there',
  'credential-unusable': 'give the passphrase of the key, or the key in the form of OpenSSH or PEM',
  'elevation-failed': 'check what sudo or su says to this account on the asset',
  'host-key-changed': 'find out why, then approve the new key of the asset',
  'host-key-unknown': 'compare the key with that of the asset, then approve it',
  'input-output-error': 'look at the disk of the asset, and at what is at that path',
  'no-common-algorithm': 'update the SSH server of the asset, or allow legacy algorithms for it alone',
  'not-a-directory': 'look at the path on the asset: a part of it is a file',
  'not-possible-offline': 'scan the asset while it runs',
  'permission-denied': 'grant sudo or use an account that may',
  'restricted-shell': 'give the account a login shell that runs commands',
  'sudo-password-required': 'let the account use sudo without a password, or give the password',
  'timed-out': 'see what keeps the asset busy, or raise the time limit',
  'too-large': 'see whether it should be as large as that',
  'too-many-links': 'look for links on the asset that lead in a circle',
  unreachable: 'check that the asset is up, and name, address, route and firewall',
}

/** What the asset said, which may have any signs in it; behind it may stand what to do. */
const quoted = / \(it said: .*\)/s

/** The message, with what to do. */
export function messageWithAdvice({ code, message }: TransportError): string {
  // What is known of the case is better than what holds for all. Names of accounts have no spaces in them.
  return message.replace(quoted, '').includes('; ') ? message : `${message}; ${whatToDo[code]}`
}

/** What each message of a denial says: an evaluation tells by it that there was something to read (`isDenial` of the scap package). */
export const denied = 'permission denied'

const advice: Readonly<Record<string, readonly [TransportErrorCode, string]>> = {
  EACCES: ['permission-denied', `${denied}; grant sudo or use an account that may`],
  EPERM: ['permission-denied', `${denied}; grant sudo or use an account that may`],
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
