import { createRequire } from 'node:module'
import { connect as connectSocket } from 'node:net'
import ssh2, { type Client, type ParsedKey } from 'ssh2'

/** A user certificate in the form of OpenSSH, and whoever can sign with the key that it was made for. */
export interface Certificate {
  readonly keyType: string
  /** All of it, as the server gets it. */
  readonly blob: Buffer
  /** The key alone, as its type and this hold it. */
  readonly publicKey: Buffer
  readonly isForUsers: boolean
  /** Seconds of the epoch. */
  readonly validBefore: bigint
}

export interface SigningCertificate extends Certificate {
  /** A signature with the name of its algorithm (RFC 4253, section 6.6). */
  sign(data: Buffer): Promise<Buffer>
}

const certificateLine = /^((?:ssh|ecdsa)-[a-z0-9-]+-cert-v01@openssh\.com) ([A-Za-z0-9+/=]+).*$/m

/** What ssh-keygen writes to `…-cert.pub`, wherever it stands in a text; undefined when there is none that can be read. */
export function findCertificate(text: string): Certificate | undefined {
  const [, , data = ''] = certificateLine.exec(text) ?? []
  return data === '' ? undefined : readCertificate(Buffer.from(data, 'base64'))
}

export const withoutCertificate = (text: string): string => text.replace(new RegExp(certificateLine, 'gm'), '')

/** How many fields each type of key has. */
const keyFields: Readonly<Record<string, number>> = {
  'ssh-ed25519': 1,
  'ssh-rsa': 2,
  'ecdsa-sha2-nistp256': 2,
  'ecdsa-sha2-nistp384': 2,
  'ecdsa-sha2-nistp521': 2,
}

/** The fields as OpenSSH's PROTOCOL.certkeys has them: type, nonce, key, serial, kind, id, principals, from when, until when … */
function readCertificate(blob: Buffer): Certificate | undefined {
  try {
    let at = 0
    const field = (): Buffer => {
      const length = blob.readUInt32BE(at)
      if (at + 4 + length > blob.length) throw new RangeError('it ends too early')
      at += 4 + length
      return blob.subarray(at - length, at)
    }
    const keyType = field()
      .toString('latin1')
      .replace(/-cert-v01@openssh\.com$/, '')
    field()
    const key = Array.from({ length: keyFields[keyType] ?? Number.NaN }, field)
    if (key.length === 0) return undefined
    const kind = blob.readUInt32BE(at + 8)
    at += 12
    field()
    field()
    const validBefore = blob.readBigUInt64BE(at + 8)
    const publicKey = Buffer.concat([keyType, ...key].map(string))
    return { keyType, blob, publicKey, isForUsers: kind === 1, validBefore }
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

/** The length, then the bytes (RFC 4251, section 5). */
function string(value: Buffer | string): Buffer {
  const bytes = Buffer.from(value)
  const length = Buffer.alloc(4)
  length.writeUInt32BE(bytes.length)
  return Buffer.concat([length, bytes])
}

/** SHA-1 is not offered for RSA: a server that knows certificates and no SHA-2 is of before 2016. */
const signatureAlgorithm = (keyType: string): string => (keyType === 'ssh-rsa' ? 'rsa-sha2-512' : keyType)

/** Inside ssh2: how it sends, and how it writes a signature of OpenSSL's as SSH wants it. */
const { sendPacket, convertSignature } = createRequire(import.meta.url)('ssh2/lib/protocol/utils.js') as {
  readonly sendPacket: (protocol: Protocol, packet: Buffer) => void
  readonly convertSignature: (signature: Buffer, keyType: string) => Buffer
}

export function signWithKey(certificate: Certificate, key: ParsedKey): SigningCertificate {
  const { keyType } = certificate
  return {
    ...certificate,
    async sign(data) {
      const signature = keyType === 'ssh-rsa' ? key.sign(data, 'sha512') : key.sign(data)
      if (signature instanceof Error) throw signature
      return Buffer.concat([signatureAlgorithm(keyType), convertSignature(signature, keyType)].map(string))
    },
  }
}

/** The certificates that an agent holds; ssh2 passes over them. None when it does not answer, which ssh2 tells of. */
export async function certificatesOfAgent(socket: string): Promise<SigningCertificate[]> {
  const answer = await askAgent(socket, Buffer.from([agent.listIdentities])).catch(() => Buffer.alloc(0))
  const found: SigningCertificate[] = []
  // A byte for what it is, the number of keys; of each the key and a comment.
  for (let at = 5; answer[0] === agent.identities && at + 4 <= answer.length;) {
    const length = answer.readUInt32BE(at)
    const certificate = readCertificate(answer.subarray(at + 4, at + 4 + length))
    at += 4 + length
    if (at + 4 > answer.length) break
    at += 4 + answer.readUInt32BE(at)
    if (certificate === undefined) continue
    found.push({
      ...certificate,
      async sign(data) {
        const flags = Buffer.from([0, 0, 0, certificate.keyType === 'ssh-rsa' ? agent.rsaSha512 : 0])
        const request = [Buffer.from([agent.sign]), string(certificate.blob), string(data), flags]
        const reply = await askAgent(socket, Buffer.concat(request))
        if (reply[0] !== agent.signature) throw new Error('it does not sign with the key of the certificate')
        return reply.subarray(5)
      },
    })
  }
  return found
}

/** draft-miller-ssh-agent, sections 5 and 6. */
const agent = { listIdentities: 11, identities: 12, sign: 13, signature: 14, rsaSha512: 4 } as const
const agentTimeoutMs = 10_000
const maxAgentBytes = 1024 * 1024

function askAgent(path: string, request: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const socket = connectSocket(path)
    let answer = Buffer.alloc(0)
    const end = (error?: Error): void => {
      socket.destroy()
      if (error === undefined) resolve(answer.subarray(4))
      else reject(error)
    }
    socket.setTimeout(agentTimeoutMs, () => end(new Error('it does not answer')))
    socket.on('error', end).on('close', () => end(new Error('it did not answer')))
    socket.on('data', (chunk: Buffer) => {
      answer = Buffer.concat([answer, chunk])
      if (answer.length > maxAgentBytes) end(new Error('its answer is too long'))
      else if (answer.length >= 4 && answer.length >= 4 + answer.readUInt32BE(0)) end()
    })
    socket.write(string(request))
  })
}

/** The part of ssh2's insides that sends a packet. Its version is pinned, and `login.test.ts` logs in by certificate. */
interface Protocol {
  readonly _packetRW: {
    readonly write: { alloc(size: number): Buffer; readonly allocStart: number; finalize(packet: Buffer): Buffer }
  }
  readonly _authsQueue: string[]
}

/**
 * Offers certificates as if an agent held them. ssh2 asks the server whether it takes one, and asks us to sign; but it would
 * name the signature after the certificate, where OpenSSH wants the name of the key's own algorithm. So the request is
 * sent from here: it is what was signed, without the session's number before it, and with the signature behind it.
 */
export class CertificateAgent extends ssh2.BaseAgent<ParsedKey> {
  readonly #client: Client
  readonly #certificates: () => Promise<readonly SigningCertificate[]>
  readonly #byIdentity = new Map<unknown, SigningCertificate>()

  constructor(client: Client, certificates: () => Promise<readonly SigningCertificate[]>) {
    super()
    this.#client = client
    this.#certificates = certificates
  }

  override getIdentities(answer: (error: Error | undefined, keys?: ParsedKey[]) => void): void {
    this.#certificates().then(
      (certificates) =>
        answer(
          undefined,
          certificates.flatMap((one) => this.#identityOf(one)),
        ),
      (error: unknown) => answer(error instanceof Error ? error : new Error(String(error))),
    )
  }

  /** To ssh2 it is the key, but for its name and for what is sent of it. */
  #identityOf(certificate: SigningCertificate): ParsedKey[] {
    const key = ssh2.utils.parseKey(`${certificate.keyType} ${certificate.publicKey.toString('base64')}`)
    if (key instanceof Error) return []
    const identity = Object.create(key, {
      type: { value: `${signatureAlgorithm(certificate.keyType)}-cert-v01@openssh.com` },
      getPublicSSH: { value: () => certificate.blob },
    }) as ParsedKey
    this.#byIdentity.set(identity, certificate)
    return [identity]
  }

  override sign(
    identity: ParsedKey,
    data: Buffer,
    options: unknown,
    answer?: (error?: Error, signature?: Buffer) => void,
  ): void {
    const finish = (typeof options === 'function' ? options : answer) as (error?: Error) => void
    const certificate = this.#byIdentity.get(identity)
    if (certificate === undefined) return finish(new Error('it is none of the certificates'))
    certificate.sign(data).then(
      (signature) => {
        const protocol = (this.#client as unknown as { readonly _protocol: Protocol })._protocol
        const payload = Buffer.concat([data.subarray(4 + data.readUInt32BE(0)), string(signature)])
        const { write } = protocol._packetRW
        const packet = write.alloc(payload.length)
        packet.set(payload, write.allocStart)
        protocol._authsQueue.push('publickey')
        sendPacket(protocol, write.finalize(packet))
      },
      (error: unknown) => finish(error instanceof Error ? error : new Error(String(error))),
    )
  }
}
