import type { Algorithms } from 'ssh2'

/** What is held to be safe today: no SHA-1, no CBC, no keys of 1024 bits. */
const safe = {
  kex: [
    'curve25519-sha256',
    'curve25519-sha256@libssh.org',
    'ecdh-sha2-nistp256',
    'ecdh-sha2-nistp384',
    'ecdh-sha2-nistp521',
    'diffie-hellman-group-exchange-sha256',
    'diffie-hellman-group16-sha512',
    'diffie-hellman-group18-sha512',
    'diffie-hellman-group14-sha256',
  ],
  serverHostKey: [
    'ssh-ed25519',
    'ecdsa-sha2-nistp256',
    'ecdsa-sha2-nistp384',
    'ecdsa-sha2-nistp521',
    'rsa-sha2-512',
    'rsa-sha2-256',
  ],
  cipher: [
    'aes128-gcm@openssh.com',
    'aes256-gcm@openssh.com',
    'chacha20-poly1305@openssh.com',
    'aes128-ctr',
    'aes192-ctr',
    'aes256-ctr',
  ],
  hmac: ['hmac-sha2-256-etm@openssh.com', 'hmac-sha2-512-etm@openssh.com', 'hmac-sha2-256', 'hmac-sha2-512'],
} as const satisfies Algorithms

/** What machines of before 2014 may need besides. */
const legacy = {
  kex: ['diffie-hellman-group-exchange-sha1', 'diffie-hellman-group14-sha1', 'diffie-hellman-group1-sha1'],
  serverHostKey: ['ssh-rsa', 'ssh-dss'],
  cipher: ['aes128-cbc', 'aes192-cbc', 'aes256-cbc', '3des-cbc'],
  hmac: ['hmac-sha1-etm@openssh.com', 'hmac-sha1'],
} as const satisfies Algorithms

/**
 * What is offered to a server, best first. A server has keys of several types; those that are known of it come first, for
 * only they can be recognised.
 */
export function algorithmsFor(knownKeyTypes: readonly string[], withLegacy: boolean): Algorithms {
  const hostKeys = withLegacy ? [...safe.serverHostKey, ...legacy.serverHostKey] : [...safe.serverHostKey]
  const isKnown = (algorithm: string): boolean => knownKeyTypes.includes(keyTypeOf(algorithm))
  return {
    kex: withLegacy ? [...safe.kex, ...legacy.kex] : [...safe.kex],
    serverHostKey: [...hostKeys.filter(isKnown), ...hostKeys.filter((algorithm) => !isKnown(algorithm))],
    cipher: withLegacy ? [...safe.cipher, ...legacy.cipher] : [...safe.cipher],
    hmac: withLegacy ? [...safe.hmac, ...legacy.hmac] : [...safe.hmac],
    // The answers are compressed where they are made.
    compress: ['none'],
  }
}

/** RFC 8332: RSA keys have one type, and several algorithms to sign with. */
const keyTypeOf = (algorithm: string): string => (algorithm.startsWith('rsa-sha2-') ? 'ssh-rsa' : algorithm)
