import type { Mail } from './run-mail.ts'

export interface MailServer {
  readonly smtpUrl: string | undefined
  /** The envelope's sender; the mail's own without it. */
  readonly mailFrom: string | undefined
}

/** Who of a mail's recipients the server would not take it for, and why. */
export interface RefusedRecipient {
  readonly address: string
  readonly reason: string
}

/** Hands a mail to the server; throws when the server takes it for nobody. */
export async function sendMail(
  { smtpUrl, mailFrom: sender }: MailServer,
  messageId: string,
  mail: Mail,
): Promise<RefusedRecipient[]> {
  if (smtpUrl === undefined) throw new Error('no mail server is configured; set PLUMBLINE_SMTP_URL')
  // Many servers never send one.
  const { createTransport } = await import('nodemailer')
  const transport = createTransport({
    url: smtpUrl,
    // What the address says (?requireTLS=false) wins.
    requireTLS: needsTls(new URL(smtpUrl)),
    connectionTimeout: 15_000,
    greetingTimeout: 15_000,
    socketTimeout: 60_000,
    // A job's words are never read as the name of a file or an address to fetch.
    disableFileAccess: true,
    disableUrlAccess: true,
  })
  try {
    const sent = await transport.sendMail({
      messageId,
      from: mail.from,
      to: [...mail.to],
      subject: mail.subject,
      text: mail.text,
      html: mail.html,
      ...(sender === undefined ? {} : { sender, envelope: { from: sender, to: [...mail.to] } }),
      headers: { 'Auto-Submitted': 'auto-generated' },
    })
    return refusedOf(sent)
  } finally {
    transport.close()
  }
}

/** A password is not shown to a network, and not to whoever takes STARTTLS out of the server's greeting. */
function needsTls({ protocol, hostname, password }: URL): boolean {
  return protocol === 'smtp:' && password !== '' && !/^(?:localhost|127\..*|\[::1\])$/.test(hostname)
}

function refusedOf(sent: unknown): RefusedRecipient[] {
  // The library's types leave out the errors of single recipients.
  const { rejected = [], rejectedErrors = [] } = sent as {
    readonly rejected?: readonly string[]
    readonly rejectedErrors?: readonly { readonly recipient?: string; readonly response?: string }[]
  }
  return rejected.map((address) => ({
    address,
    reason: rejectedErrors.find(({ recipient }) => recipient === address)?.response ?? 'it was refused',
  }))
}
