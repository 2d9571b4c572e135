import { TransportError } from '../../errors.ts'
import type { ConnectOptions } from './connect.ts'
import { fingerprint, keyType } from './known-hosts.ts'

/** Resolves when the key may be trusted; rejects with the reason otherwise. */
export async function approveHostKey(
  host: string,
  key: Buffer,
  { hostKeys, unknownHostKey }: ConnectOptions,
): Promise<void> {
  const shown = describeKey(key)
  switch (hostKeys.check(host, key)) {
    case 'approved':
      return
    case 'changed':
      throw hostKeyChanged(host, key)
    case 'revoked':
      throw new TransportError('host-key-changed', `the host key of ${host}, ${shown}, is marked as revoked`)
    case 'unknown':
      if (unknownHostKey === 'accept-new') return hostKeys.approve(host, key)
      throw new TransportError(
        'host-key-unknown',
        `no host key is approved for ${host}: it shows ${shown}; compare it with the machine's own (ssh-keygen -lf /etc/ssh/ssh_host_*_key.pub), then approve it`,
      )
  }
}

export const hostKeyChanged = (host: string, key: Buffer): TransportError =>
  new TransportError(
    'host-key-changed',
    `the host key of ${host} is not the approved one: it shows ${describeKey(key)}; make sure that the machine was set up anew and nobody is in between, then remove the old key and approve this one`,
  )

const describeKey = (key: Buffer): string => `${keyType(key)} ${fingerprint(key)}`

export const asHostKeyError = (error: unknown, host: string): TransportError =>
  error instanceof TransportError
    ? error
    : new TransportError('host-key-unknown', `cannot look up the host key of ${host}: ${String(error)}`, {
        cause: error,
      })
