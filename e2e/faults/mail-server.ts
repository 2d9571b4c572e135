import { once } from 'node:events'
import { SMTPServer } from 'smtp-server'
import { freePort } from './postgres.ts'

export interface ReceivedMail {
  readonly messageId: string
  /** From the link in it, not from its Message-ID. */
  readonly runId: string
}

/** A real mail server that can refuse, take its time, and be away. */
export class MailServer {
  readonly received: ReceivedMail[] = []
  /** Mails that it has read and not answered yet. */
  inHand = 0
  refusing = false
  /** Mails that it would not take. */
  refused = 0
  answerAfterMs = 0
  readonly #port: number
  #server: SMTPServer | undefined

  private constructor(port: number) {
    this.#port = port
  }

  static async start(): Promise<MailServer> {
    const server = new MailServer(await freePort())
    await server.begin()
    return server
  }

  get url(): string {
    return `smtp://127.0.0.1:${this.#port}`
  }

  async begin(): Promise<void> {
    const server = new SMTPServer({
      disabledCommands: ['AUTH', 'STARTTLS'],
      closeTimeout: 100,
      onMailFrom: (_address, _session, done) => {
        if (this.refusing) this.refused += 1
        done(this.refusing ? new Error('come back later') : null)
      },
      onData: (stream, _session, done) => {
        const chunks: Buffer[] = []
        stream.on('data', (chunk: Buffer) => chunks.push(chunk))
        stream.on('end', () => {
          // Taken once it is read: whether the client still hears the answer is what the faults are about.
          this.received.push(readMail(Buffer.concat(chunks).toString()))
          this.inHand += 1
          setTimeout(() => {
            this.inHand -= 1
            done()
          }, this.answerAfterMs)
        })
      },
    })
    // Clients that are killed in mid-sentence are the point.
    server.on('error', () => undefined)
    server.listen(this.#port, '127.0.0.1')
    await once(server.server, 'listening')
    this.#server = server
  }

  /** Nobody listens any more; `begin` brings it back on the same port. */
  async end(): Promise<void> {
    const server = this.#server
    this.#server = undefined
    if (server !== undefined) await new Promise<void>((resolve) => server.close(() => resolve()))
  }
}

function readMail(text: string): ReceivedMail {
  const unfolded = text.replace(/=\r\n/g, '')
  const messageId = /^Message-ID: (<[^>]+>)\r$/im.exec(text)?.[1] ?? ''
  const runId = /\/api\/v1\/runs\/([\da-f-]{36})/.exec(unfolded)?.[1] ?? ''
  return { messageId, runId }
}
