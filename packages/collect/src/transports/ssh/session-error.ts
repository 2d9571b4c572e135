import { TransportError } from '../../errors.ts'
import type { SshHop } from './connect.ts'
import { expiredCertificates } from './credentials.ts'
import { hostKeyName } from './known-hosts.ts'

/** What ssh2 says of a connection that failed, in our words. */
export function sessionError(
  error: (Error & { level?: string }) | undefined,
  { host, port, user, credentials }: SshHop,
): TransportError {
  const place = hostKeyName(host, port)
  const options = error === undefined ? {} : { cause: error }
  if (error?.level === 'client-authentication') {
    return new TransportError(
      'auth-refused',
      [
        `${place} refused ${user}: none of the keys or passwords that were given is accepted`,
        ...expiredCertificates(credentials, new Date()),
      ].join('; '),
      options,
    )
  }
  if (error?.level === 'agent') {
    return new TransportError('credential-unusable', `cannot ask the SSH agent: ${error.message}`, options)
  }
  if (error !== undefined && /no matching/.test(error.message)) {
    return new TransportError(
      'no-common-algorithm',
      `${place} offers no algorithm that is held to be safe (${error.message.replace(/^Handshake failed: /, '')}); update it, or allow legacy algorithms for this asset`,
      options,
    )
  }
  if (error?.level === 'client-timeout') {
    return new TransportError(
      'timed-out',
      /[Kk]eepalive/.test(error.message)
        ? `${place} gives no sign of life any more`
        : `${place} did not finish the login in time`,
      { ...options, endsSession: true },
    )
  }
  const why = error === undefined ? '' : `: ${error.message}`
  return new TransportError('connection-lost', `the connection to ${place} ended${why}`, options)
}
