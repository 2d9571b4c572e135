import { createHash, createPrivateKey } from 'node:crypto'
import ssh2, { type AnyAuthMethod, type Client, type ParsedKey } from 'ssh2'
import { TransportError } from '../../errors.ts'
import {
  CertificateAgent,
  certificatesOfAgent,
  findCertificate,
  signWithKey,
  withoutCertificate,
  type SigningCertificate,
} from './certificates.ts'
import { whyTooCostly } from './key-cost.ts'

/** What may prove to a server who we are; what is given is tried in this order. Secrets are held in memory alone. */
export interface SshCredentials {
  /** The socket of an agent, as `SSH_AUTH_SOCK` names it. */
  readonly agent?: string | undefined
  /** Private keys in the form of OpenSSH or PEM. */
  readonly keys?: readonly SshKey[] | undefined
  /** For password and keyboard-interactive authentication. */
  readonly password?: string | undefined
}

export interface SshKey {
  /** For messages: where it comes from. */
  readonly name: string
  /** The private key; a certificate for it may stand in the text too, as `ssh-keygen -s` writes it. */
  readonly text: string
  readonly passphrase?: string | undefined
}

/** What an account is asked to prove, in the order that a careful operator would want. A certificate is tried before its key. */
export function authMethods(
  user: string,
  { agent, keys = [], password }: SshCredentials,
  client: Client,
): AnyAuthMethod[] {
  const certificates = keys.flatMap((key) => certificateOf(key))
  const offer = (some: () => Promise<readonly SigningCertificate[]>): AnyAuthMethod => ({
    type: 'agent',
    username: user,
    agent: new CertificateAgent(client, some),
  })
  const methods: AnyAuthMethod[] = certificates.length === 0 ? [] : [offer(() => Promise.resolve(certificates))]
  for (const key of keys) methods.push({ type: 'publickey', username: user, key: readPrivateKey(key) })
  if (agent !== undefined) {
    methods.push(offer(() => certificatesOfAgent(agent)))
    methods.push({ type: 'agent', username: user, agent })
  }
  if (password !== undefined) {
    methods.push({ type: 'password', username: user, password })
    methods.push({
      type: 'keyboard-interactive',
      username: user,
      // Only what is not shown while it is typed is a password; a one-time code would not be one, and there is none to give.
      prompt: (_name, _instructions, _language, prompts, finish) =>
        finish(prompts.map(({ echo }) => (echo === true ? '' : password))),
    })
  }
  return methods
}

function certificateOf(key: SshKey): SigningCertificate[] {
  const certificate = findCertificate(key.text)
  if (certificate === undefined) return []
  const privateKey = readPrivateKey(key)
  const unusable = (why: string): TransportError =>
    new TransportError('credential-unusable', `cannot use the certificate of the key ${key.name}: ${why}`)
  if (!certificate.isForUsers) throw unusable('it is made for a host')
  if (!privateKey.getPublicSSH().equals(certificate.publicKey)) throw unusable('it is made for another key')
  return [signWithKey(certificate, privateKey)]
}

/** What may be why nothing was accepted: a certificate whose time is over. */
export function expiredCertificates({ keys = [] }: SshCredentials, now: Date): string[] {
  return keys.flatMap(({ name, text }) => {
    const until = findCertificate(text)?.validBefore
    if (until === undefined || until * 1000n > BigInt(now.getTime())) return []
    return [`the certificate of ${name} was valid until ${new Date(Number(until) * 1000).toISOString()}`]
  })
}

/** Whether a private key asks for a passphrase that was not given. */
export function needsPassphrase(text: string): boolean {
  const key = parseKey(text, undefined)
  return key instanceof Error && /passphrase/i.test(key.message)
}

/** Why a key, or the certificate in its text, can be used nowhere; undefined when it can be. */
export function whyUnusable(key: SshKey): string | undefined {
  try {
    certificateOf(key)
    readPrivateKey(key)
    return undefined
  } catch (error) {
    if (!(error instanceof TransportError)) throw error
    return error.message
  }
}

export function readPrivateKey({ name, text, passphrase }: SshKey): ParsedKey {
  const costly = passphrase === undefined ? undefined : whyTooCostly(text)
  if (costly !== undefined) throw new TransportError('credential-unusable', `cannot use the key ${name}: ${costly}`)
  const key = parseOnce(text, passphrase)
  if (key instanceof Error) {
    // The library's own words may hold parts of the key.
    const why = /passphrase|integrity check|bad decrypt/i.test(key.message)
      ? passphrase === undefined
        ? 'it is protected by a passphrase, which was not given'
        : 'the passphrase is wrong'
      : 'it is no private key in the form of OpenSSH or PEM'
    throw new TransportError('credential-unusable', `cannot use the key ${name}: ${why}`)
  }
  if (!key.isPrivateKey()) {
    throw new TransportError(
      'credential-unusable',
      `cannot use the key ${name}: it is a public key; give the private one`,
    )
  }
  return key
}

/** By a digest of both, the latest: to turn a passphrase into a key takes a third of a second, and each session asks for it. */
const opened = new Map<string, ParsedKey>()
const mostOpened = 20

function parseOnce(text: string, passphrase: string | undefined): Error | ParsedKey {
  if (passphrase === undefined) return parseKey(text, passphrase)
  const digest = createHash('sha256')
    .update(JSON.stringify([text, passphrase]))
    .digest('base64')
  const key = opened.get(digest) ?? parseKey(text, passphrase)
  opened.delete(digest)
  if (key instanceof Error) return key
  opened.set(digest, key)
  for (const oldest of opened.keys()) {
    if (opened.size <= mostOpened) break
    opened.delete(oldest)
  }
  return key
}

function parseKey(text: string, passphrase: string | undefined): Error | ParsedKey {
  try {
    return ssh2.utils.parseKey(asKnownForm(withoutCertificate(text), passphrase), passphrase)
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  }
}

/** PKCS#8 is not among the forms that ssh2 reads; what Node can write in another form is. */
function asKnownForm(text: string, passphrase: string | undefined): string {
  const form = /^-----BEGIN (ENCRYPTED )?PRIVATE KEY-----/m.exec(text)
  if (form === null) return text
  if (form[1] !== undefined && passphrase === undefined) throw new Error('a passphrase is needed')
  const key = createPrivateKey({ key: text, ...(passphrase === undefined ? {} : { passphrase }) })
  if (key.asymmetricKeyType === 'rsa') return key.export({ format: 'pem', type: 'pkcs1' }).toString()
  if (key.asymmetricKeyType === 'ec') return key.export({ format: 'pem', type: 'sec1' }).toString()
  return text
}
