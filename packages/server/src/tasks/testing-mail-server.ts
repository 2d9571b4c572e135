import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { SMTPServer } from 'smtp-server'
import type { SMTPServerOptions } from 'smtp-server'

export interface Received {
  readonly from: string
  readonly to: readonly string[]
  readonly text: string
  readonly encrypted: boolean
  /** Who had logged in. */
  readonly user: string | undefined
}

export interface MailServer {
  readonly received: readonly Received[]
  /** While `refuse` is set it takes nothing; for `refusedRecipient` it takes nothing ever. */
  readonly state: { refuse: boolean; refusedRecipient: string | undefined }
  readonly port: number
  readonly url: string
  close(): Promise<void>
}

/** A real mail server that keeps what it gets. */
export async function startMailServer(
  options: SMTPServerOptions = { disabledCommands: ['AUTH', 'STARTTLS'] },
): Promise<MailServer> {
  const received: Received[] = []
  const state: MailServer['state'] = { refuse: false, refusedRecipient: undefined }
  const server = new SMTPServer({
    onMailFrom(_address, _session, done) {
      done(state.refuse ? new Error('come back later') : null)
    },
    onRcptTo({ address }, _session, done) {
      done(address === state.refusedRecipient ? Object.assign(new Error('nobody here'), { responseCode: 550 }) : null)
    },
    onData(stream, { envelope, secure, user }, done) {
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('end', () => {
        received.push({
          from: envelope.mailFrom === false ? '' : envelope.mailFrom.address,
          to: envelope.rcptTo.map(({ address }) => address),
          text: Buffer.concat(chunks).toString(),
          encrypted: secure,
          user,
        })
        done()
      })
    },
    ...options,
  })
  // A client that hangs up over a certificate is an error to the server, and what the test wants.
  server.on('error', () => undefined)
  server.listen(0, '0.0.0.0')
  await once(server.server, 'listening')
  const { port } = server.server.address() as AddressInfo
  return {
    received,
    state,
    port,
    url: `smtp://127.0.0.1:${port}`,
    close: () => new Promise<void>((resolve) => server.close(() => resolve())),
  }
}
