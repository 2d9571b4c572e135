import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { RequestListener } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Certificate } from '../certificate.ts'

export interface Call {
  readonly id: string
  readonly timestamp: string
  readonly body: string
  /** The signature is right, worked out here once more. */
  readonly isSigned: boolean
}

const secret = 'a secret of more than 24 characters'

/** A real receiver of webhooks that checks and keeps what it gets, and answers with `state`. */
export async function startWebhookReceiver(certificate?: Certificate) {
  const received: Call[] = []
  const state: { status: number; location: string | undefined; endless: boolean; silent: boolean } = {
    status: 204,
    location: undefined,
    endless: false,
    silent: false,
  }
  const answer: RequestListener = (request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString()
      const header = (name: string): string => String(request.headers[`webhook-${name}`])
      const [id, timestamp] = [header('id'), header('timestamp')]
      const expected = createHmac('sha256', secret).update(`${id}.${timestamp}.${body}`).digest('base64')
      received.push({ id, timestamp, body, isSigned: header('signature') === `v1,${expected}` })
      if (state.silent) return
      response.writeHead(state.status, state.location === undefined ? {} : { location: state.location })
      if (!state.endless) {
        response.end()
        return
      }
      const chunk = Buffer.alloc(65_536)
      const timer = setInterval(() => response.write(chunk), 5)
      response.on('close', () => clearInterval(timer))
    })
  }
  const server = certificate === undefined ? createServer(answer) : createSecureServer(certificate, answer)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    received,
    state,
    webhook: {
      webhookUrl: `http${certificate === undefined ? '' : 's'}://127.0.0.1:${port}/hooks/path-that-is-secret`,
      webhookSecret: secret,
    },
    async close() {
      server.closeAllConnections()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}
