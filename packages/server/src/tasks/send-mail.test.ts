import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { loadCertificate } from '../certificate.ts'
import type { Certificate } from '../certificate.ts'
import { readConfig } from '../config.ts'
import { sendMail } from './send-mail.ts'
import { startMailServer } from './testing-mail-server.ts'
import type { MailServer } from './testing-mail-server.ts'

const mail = {
  from: 'ccs@example.org',
  to: ['ops@example.org'],
  subject: 'Done',
  text: 'It is done.',
  html: '<p>It is done.</p>',
}
const password = 'p@ss/w:rd%'
const login = `plumbline:${encodeURIComponent(password)}`

describe('a mail server that wants a login and TLS', () => {
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-mail-'))
  let certificate: Certificate
  before(async () => {
    certificate = await loadCertificate(readConfig({ data: folder }, {}))
  })
  after(() => rmSync(folder, { recursive: true, force: true }))

  const withServer = async (
    use: (server: MailServer, send: (url: string) => Promise<string>) => Promise<void>,
    options: { readonly secure?: boolean; readonly disabledCommands?: string[] } = {},
  ): Promise<void> => {
    const { cert, key } = certificate
    const server = await startMailServer({
      cert,
      key,
      ...options,
      onAuth({ username, password: given }, _session, done) {
        if (username === 'plumbline' && given === password) done(null, { user: username })
        else done(new Error('wrong name or password'))
      },
    })
    /** The failure's words and stack, or nothing. */
    const send = async (smtpUrl: string): Promise<string> => {
      try {
        await sendMail({ smtpUrl, mailFrom: 'bounces@example.org' }, '<1@example.org>', mail)
        return ''
      } catch (error) {
        const { message, stack } = error as Error
        return `${message}\n${stack}\n${JSON.stringify(error)}`
      }
    }
    try {
      await use(server, send)
    } finally {
      await server.close()
    }
  }
  /** As an operator says who has a certificate of their own and no authority for it. */
  const trusting = '?tls.rejectUnauthorized=false'

  test('is talked to over STARTTLS, and logged in to', () =>
    withServer(async ({ port, received }, send) => {
      assert.equal(await send(`smtp://${login}@127.0.0.1:${port}${trusting}`), '')
      assert.deepEqual(
        received.map(({ from, to, encrypted, user }) => ({ from, to, encrypted, user })),
        [{ from: 'bounces@example.org', to: ['ops@example.org'], encrypted: true, user: 'plumbline' }],
      )
    }))

  test('is talked to over TLS from the beginning', () =>
    withServer(
      async ({ port, received }, send) => {
        assert.equal(await send(`smtps://${login}@127.0.0.1:${port}${trusting}`), '')
        assert.deepEqual(
          received.map(({ encrypted, user }) => ({ encrypted, user })),
          [{ encrypted: true, user: 'plumbline' }],
        )
      },
      { secure: true },
    ))

  test('must have a certificate that somebody vouches for', () =>
    withServer(async ({ port, received }, send) => {
      assert.match(await send(`smtp://${login}@127.0.0.1:${port}`), /self.signed certificate/)
      assert.deepEqual(received, [])
    }))

  test('refuses a wrong password, which no message tells', () =>
    withServer(async ({ port }, send) => {
      const failure = await send(`smtp://plumbline:not-the-one@127.0.0.1:${port}${trusting}`)
      assert.match(failure, /^Invalid login: 535/)
      for (const form of ['not-the-one', btoa('not-the-one'), btoa('\0plumbline\0not-the-one')]) {
        assert.ok(!failure.includes(form), form)
      }
    }))

  test('is told no password in the clear when it is another machine, unless the address says so', () =>
    withServer(
      async ({ port, received }, send) => {
        // Not an address of the loopback network to whoever looks at it, and this machine all the same.
        assert.match(await send(`smtp://${login}@0.0.0.0:${port}`), /STARTTLS|TLS/)
        assert.deepEqual(received, [])
        assert.equal(await send(`smtp://${login}@0.0.0.0:${port}?requireTLS=false`), '')
        assert.deepEqual(
          received.map(({ encrypted, user }) => ({ encrypted, user })),
          [{ encrypted: false, user: 'plumbline' }],
        )
      },
      { disabledCommands: ['STARTTLS'] },
    ))
})
