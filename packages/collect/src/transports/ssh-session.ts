import type { SshKey } from './ssh/credentials.ts'
import type { SshOptions, SshSession } from './ssh/ssh.ts'

/**
 * Logs in to a machine and reads it through one shell: nothing is installed there, nothing written. Rejects with a
 * `TransportError` when the asset cannot be reached, or does not let us in.
 * What speaks SSH is loaded by the first call: that takes longer than all the rest of a start.
 *
 * @example
 * const session = await openSshSession({
 *   target: { host: 'web-3', port: 22, user: 'scan', credentials: { agent: process.env['SSH_AUTH_SOCK'] } },
 *   elevation: { kind: 'sudo' },
 *   hostKeys: openKnownHosts('/home/anna/.ssh/known_hosts'),
 * })
 */
export async function openSshSession(options: SshOptions): Promise<SshSession> {
  const { openSshSession: open } = await import('./ssh/ssh.ts')
  return open(options)
}

/** Whether a private key can only be read with a passphrase. Throws for what is no key. */
export async function needsPassphrase(key: string): Promise<boolean> {
  const { needsPassphrase: needs } = await import('./ssh/credentials.ts')
  return needs(key)
}

/** Why a private key can be used nowhere, as it is and with this passphrase; undefined when it can be. */
export async function whyKeyUnusable(key: SshKey): Promise<string | undefined> {
  const { whyUnusable } = await import('./ssh/credentials.ts')
  return whyUnusable(key)
}
