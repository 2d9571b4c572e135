import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { appendFileSync, mkdirSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'

/** What is known of a server's key: it is the one, another one was approved, none was, or it was withdrawn. */
export type HostKeyVerdict = 'approved' | 'changed' | 'revoked' | 'unknown'

/** Where approved host keys are kept. `host` is `name` or, for another port than 22, `[name]:port`. */
export interface HostKeys {
  /** The types of the keys that are approved for a host, as `ssh-ed25519`. */
  knownTypes(host: string): readonly string[]
  check(host: string, key: Buffer): HostKeyVerdict
  /** Approves the key of a host of which none is known yet; throws `hostKeyChanged` when another one was approved meanwhile. */
  approve(host: string, key: Buffer): Promise<void> | void
}

export const hostKeyName = (host: string, port: number): string => (port === 22 ? host : `[${host}]:${port}`)

/** The type that stands at the head of a public key (RFC 4253, section 6.6). */
export function keyType(key: Buffer): string {
  if (key.length < 4) return ''
  return key.toString('latin1', 4, Math.min(4 + key.readUInt32BE(0), key.length))
}

/** As OpenSSH shows it: `SHA256:…`. */
export const fingerprint = (key: Buffer): string =>
  `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`

interface Line {
  readonly marker: string
  readonly patterns: readonly string[]
  readonly key: Buffer
}

/**
 * The file that OpenSSH keeps (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT): names, wildcards, negations, hashed names,
 * `@revoked`. Lines `@cert-authority` are passed over: host certificates are not supported. What is approved is added.
 */
export function openKnownHosts(path: string): HostKeys {
  const lines = (): Line[] => {
    try {
      return parseKnownHosts(readFileSync(path, 'utf8'))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
      throw error
    }
  }
  return {
    knownTypes: (host) =>
      lines().flatMap(({ marker, patterns, key }) => (marker === '' && matches(patterns, host) ? [keyType(key)] : [])),
    check: (host, key) => checkKey(lines(), host, key),
    approve(host, key) {
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
      appendFileSync(path, `${host} ${keyType(key)} ${key.toString('base64')}\n`, { mode: 0o600 })
    },
  }
}

export function parseKnownHosts(text: string): Line[] {
  return text.split('\n').flatMap((line) => {
    const words = line.trim().split(/\s+/)
    const marker = words[0]?.startsWith('@') === true ? (words.shift() ?? '') : ''
    const [patterns = '', , key = ''] = words
    if (patterns === '' || patterns.startsWith('#') || key === '') return []
    return [{ marker, patterns: patterns.split(','), key: Buffer.from(key, 'base64') }]
  })
}

function checkKey(lines: readonly Line[], host: string, key: Buffer): HostKeyVerdict {
  const ours = lines.filter(({ patterns }) => matches(patterns, host))
  if (ours.some((line) => line.marker === '@revoked' && line.key.equals(key))) return 'revoked'
  const approved = ours.filter(({ marker }) => marker === '')
  if (approved.some((line) => line.key.equals(key))) return 'approved'
  // A key of another type is not proof of a change to OpenSSH; we asked for the known types first, so to us it is.
  return approved.length === 0 ? 'unknown' : 'changed'
}

function matches(patterns: readonly string[], host: string): boolean {
  const name = host.toLowerCase()
  const agrees = (pattern: string): boolean =>
    pattern.startsWith('|1|') ? matchesHash(pattern, name) : wildcard(pattern.toLowerCase()).test(name)
  if (patterns.some((pattern) => pattern.startsWith('!') && agrees(pattern.slice(1)))) return false
  return patterns.some((pattern) => !pattern.startsWith('!') && agrees(pattern))
}

/** `|1|salt|hash`: HMAC-SHA1 of the name, keyed with the salt. */
function matchesHash(pattern: string, name: string): boolean {
  const [, , salt = '', hash = ''] = pattern.split('|')
  const expected = Buffer.from(hash, 'base64')
  const found = createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest()
  return expected.length === found.length && timingSafeEqual(expected, found)
}

/** `*` is any characters, `?` is one (ssh_config(5), PATTERNS). */
export function wildcard(pattern: string): RegExp {
  // Several stars in a row would try every way to share the text between them.
  const source = pattern
    .replace(/\*+/g, '*')
    .replace(/[\\^$.|+()[\]{}]/g, String.raw`\$&`)
    .replaceAll('*', '.*')
    .replaceAll('?', '.')
  return new RegExp(`^${source}$`, 's')
}
