import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type ServerOptions } from 'node:https'
import type { ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface HttpsServer {
  at(path: string): string
  /** The certificate of the authority that vouches for the server, as a file. */
  readonly authority: string
  /** The paths that were asked for. */
  readonly asked: readonly string[]
  stop(): void
}

/** A real HTTPS server on localhost, with a certificate authority of its own. What it has no answer for is 404. */
export async function startHttps(
  answers: Readonly<Record<string, (response: ServerResponse) => void>>,
): Promise<HttpsServer> {
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-https-'))
  const openssl = (...words: readonly string[]) => execFileSync('openssl', words, { cwd: folder, stdio: 'ignore' })
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout']
  openssl('req', '-x509', ...key, 'ca.key', '-days', '2', '-subj', '/CN=Test CA', '-out', 'ca.pem')
  openssl('req', ...key, 'key.pem', '-subj', '/CN=localhost', '-out', 'request.pem')
  writeFileSync(join(folder, 'names'), 'subjectAltName=DNS:localhost')
  const signing = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '2', '-extfile', 'names']
  openssl('x509', '-req', '-in', 'request.pem', ...signing, '-out', 'cert.pem')
  const read = (name: string): Buffer => readFileSync(join(folder, name))
  const options: ServerOptions = { key: read('key.pem'), cert: read('cert.pem') }
  const asked: string[] = []
  const server = createServer(options, (request, response) => {
    const path = request.url ?? ''
    asked.push(path)
    const answer = Object.hasOwn(answers, path) ? answers[path] : undefined
    if (answer === undefined) response.writeHead(404).end()
    else answer(response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    at: (path) => `https://localhost:${port}${path}`,
    authority: join(folder, 'ca.pem'),
    asked,
    stop() {
      server.closeAllConnections()
      server.close()
      rmSync(folder, { recursive: true })
    },
  }
}

export const redirection = (location: string) => (response: ServerResponse) => {
  response.writeHead(302, { location }).end()
}
