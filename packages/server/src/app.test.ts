import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { connect } from 'node:tls'
import { buildApp } from './app.ts'
import { loadCertificate } from './certificate.ts'
import { readConfig } from './config.ts'

test('what is no HTTP is refused in the form of every refusal', async (t) => {
  const data = mkdtempSync(join(tmpdir(), 'plumbline-tls-'))
  // Nothing of this becomes a request, which would need more.
  const app = buildApp(undefined as never, [], await loadCertificate(readConfig({ data }, {})))
  await app.listen({ port: 0, host: '127.0.0.1' })
  t.after(async () => {
    await app.close()
    rmSync(data, { recursive: true })
  })
  const { port } = app.server.address() as AddressInfo
  const ask = (text: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false }, () => socket.write(text))
      let said = ''
      socket.on('data', (chunk: Buffer) => (said += chunk.toString()))
      socket.on('error', reject)
      socket.on('close', () => resolve(said))
    })
  for (const [text, status, message] of [
    [
      'GET /ccs/api/v1/assets?Attributes=(displayName = *) HTTP/1.1\r\nHost: x\r\n\r\n',
      400,
      'This is no request of HTTP.',
    ],
    ['FOO / HTTP/1.1\r\nHost: x\r\n\r\n', 400, 'This is no request of HTTP.'],
    ['POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n', 400, 'This is no request of HTTP.'],
    [`GET /${'x'.repeat(20_000)} HTTP/1.1\r\nHost: x\r\n\r\n`, 431, 'The request is larger than this server accepts.'],
  ] as const) {
    const [head = '', body = ''] = (await ask(text)).split('\r\n\r\n')
    assert.match(head, new RegExp(`^HTTP/1.1 ${status} `), text.slice(0, 80))
    assert.deepEqual(JSON.parse(body), { Message: message })
  }
})
