/*
 * What a private key that is protected by a passphrase wants computed before it can be read: in the thread that reads it, and as
 * much as whoever sent the key has written into it.
 */

/** Of OpenSSH's bcrypt: 2 s; `ssh-keygen` makes 16 to 24. */
const mostRounds = 128
/** Of PKCS#8: 2 s; OpenSSL makes 2048 of PBKDF2. Of scrypt it is N times r times p, of which OpenSSL makes 2 to the 17th. */
const mostIterations = 2_000_000

/** Why reading the key would take too long; undefined where it does not. */
export function whyTooCostly(text: string): string | undefined {
  const [, form = '', body = ''] = /^-----BEGIN (OPENSSH|ENCRYPTED) PRIVATE KEY-----([^-]*)/m.exec(text) ?? []
  const bytes = Buffer.from(body, 'base64')
  if (form === 'OPENSSH' && roundsOf(bytes) > mostRounds)
    return `its passphrase takes ${roundsOf(bytes)} rounds, more than ${mostRounds}; "ssh-keygen -p -a 100" makes them fewer`
  if (form === 'ENCRYPTED' && iterationsOf(bytes) > mostIterations)
    return `its passphrase takes more than ${mostIterations} iterations; "openssl pkcs8 -topk8 -iter 100000" makes them fewer`
  return undefined
}

/** PROTOCOL.key of OpenSSH: a magic word, cipher, key derivation and what that is given: a salt, and the rounds. */
function roundsOf(bytes: Buffer): number {
  try {
    let at = 'openssh-key-v1\0'.length
    for (const _ of ['cipher', 'derivation']) at += 4 + bytes.readUInt32BE(at)
    const length = bytes.readUInt32BE(at)
    return length < 8 ? 0 : bytes.readUInt32BE(at + 8 + bytes.readUInt32BE(at + 4))
  } catch (error) {
    // What ends before is no key, as whoever reads it says.
    if (error instanceof RangeError) return 0
    throw error
  }
}

/**
 * Of the algorithm, the first member of RFC 5958's EncryptedPrivateKeyInfo: its first number are the iterations of PBKDF2, which has
 * no more than two, or of PKCS#5's older forms, which have one; the first three, multiplied, the cost of scrypt.
 */
function iterationsOf(bytes: Buffer): number {
  const algorithm = partsOf(partsOf(bytes)[0]?.content)[0]
  const [first = 0, ...others] = integersIn(algorithm?.content)
  return others.length < 2 ? first : Math.max(first, first * (others[0] ?? 1) * (others[1] ?? 1))
}

interface Part {
  readonly tag: number
  readonly content: Buffer
}

/** The parts of a value in DER, as far as they are whole. */
function partsOf(bytes: Buffer = Buffer.alloc(0)): Part[] {
  const parts: Part[] = []
  for (let at = 0; at + 2 <= bytes.length;) {
    const [tag = 0, short = 0] = bytes.subarray(at, at + 2)
    const more = short < 128 ? 0 : short - 128
    if (more > 4 || at + 2 + more > bytes.length) break
    const length = more === 0 ? short : bytes.readUIntBE(at + 2, more)
    const start = at + 2 + more
    parts.push({ tag, content: bytes.subarray(start, start + length) })
    at = start + length
  }
  return parts
}

const integer = 0x02
const sequence = 0x30

function integersIn(bytes: Buffer | undefined): number[] {
  return partsOf(bytes).flatMap(({ tag, content }) => {
    if (tag === sequence) return integersIn(content)
    return tag === integer
      ? [content.length > 6 ? Infinity : content.length === 0 ? 0 : content.readUIntBE(0, content.length)]
      : []
  })
}
