import { request as httpsRequest } from 'node:https'
import { connect as tlsConnect, type PeerCertificate } from 'node:tls'
import { Failure } from './failure.ts'

export interface Reply {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly text: string
}

export interface Request {
  readonly method: string
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
  /** PEM of the one certificate to accept; undefined: the system's authorities decide. */
  readonly certificate?: string
}

const idleLimitMs = 120_000
const replyLimit = 256 * 1024 * 1024

/** One HTTPS exchange. With a pinned certificate its fingerprint is what counts, not the name in it. */
export function exchange({ method, url, headers, body, certificate }: Request): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const request = httpsRequest(
      url,
      {
        method,
        headers: { ...headers, ...(body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }) },
        timeout: idleLimitMs,
        ...(certificate === undefined ? {} : { ca: certificate, checkServerIdentity: () => undefined }),
      },
      (response) => {
        const chunks: Buffer[] = []
        let size = 0
        response.on('data', (chunk: Buffer) => {
          size += chunk.length
          if (size > replyLimit)
            request.destroy(new Failure(`the reply of ${url.host} is larger than ${replyLimit} bytes`))
          chunks.push(chunk)
        })
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            text: Buffer.concat(chunks).toString('utf8'),
          }),
        )
        response.on('error', reject)
      },
    )
    request.on('timeout', () => request.destroy(new Failure(`${url.host} did not answer for ${idleLimitMs / 1000} s`)))
    request.on('error', (error: NodeJS.ErrnoException) => reject(explain(error, url)))
    request.end(body)
  })
}

function explain(error: NodeJS.ErrnoException, url: URL): Error {
  if (error instanceof Failure) return error
  const code = error.code ?? ''
  if (code === 'ECONNREFUSED') {
    return new Failure(`no server answers at ${url.origin}; start one with "plumbline serve", or set PLUMBLINE_URL`)
  }
  if (/CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ALTNAME/.test(code)) {
    return new Failure(
      `the certificate of ${url.origin} is not trusted (${code}); run "plumbline login" to look at it and pin it, or name its PEM file in PLUMBLINE_CA`,
    )
  }
  return new Failure(`cannot reach ${url.origin}: ${error.message}`, { cause: error })
}

/** The certificate that the server at the address shows, unverified: for a person to compare and pin. */
export function showCertificate(url: URL): Promise<{ readonly pem: string; readonly peer: PeerCertificate }> {
  return new Promise((resolve, reject) => {
    const socket = tlsConnect(
      { host: url.hostname, port: Number(url.port || 443), rejectUnauthorized: false, servername: 'localhost' },
      () => {
        const peer = socket.getPeerCertificate()
        socket.end()
        const base64 = peer.raw.toString('base64').replace(/.{1,64}/g, '$&\n')
        resolve({ pem: `-----BEGIN CERTIFICATE-----\n${base64}-----END CERTIFICATE-----\n`, peer })
      },
    )
    socket.setTimeout(10_000, () => socket.destroy(new Error('no answer within 10 s')))
    socket.on('error', (error: NodeJS.ErrnoException) => reject(explain(error, url)))
  })
}
