import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { fetchRemoteContent, type RemoteContentOptions } from './remote-content.ts'
import { redirection, startHttps, type HttpsServer } from './testing/https-server.ts'

let server: HttpsServer
before(async () => {
  server = await startHttps({
    '/feed': (response) => response.end('feed'),
    '/moved': redirection('/feed'),
    '/circle': redirection('/circle'),
    '/plain': redirection('http://localhost/feed'),
    '/elsewhere': redirection('https://elsewhere.example/feed'),
    '/endless': (response) => {
      const write = (): void => {
        while (!response.destroyed && response.write('x'.repeat(65_536)));
      }
      response.on('drain', write)
      write()
    },
    '/silent': () => undefined,
  })
  setDefaultCACertificates([...getCACertificates('default'), readFileSync(server.authority, 'utf8')])
})
after(() => server.stop())

test('content comes over HTTPS, through a redirection too', async () => {
  for (const path of ['/feed', '/moved'])
    assert.equal(Buffer.from(await fetchRemoteContent(server.at(path), { hosts: ['localhost'] })).toString(), 'feed')
})

const refusals: readonly (readonly [string, () => string, RegExp, RemoteContentOptions?])[] = [
  ['a server that does not have it', () => server.at('/none'), /the server answered 404/],
  ['a circle of redirections', () => server.at('/circle'), /passes us on more than 3 times/],
  ['a redirection to plain HTTP', () => server.at('/plain'), /http is not HTTPS/],
  ['a redirection to another host', () => server.at('/elsewhere'), /none of the hosts/, { hosts: ['localhost'] }],
  ['a host that is not permitted', () => server.at('/feed'), /localhost is none of the hosts/, { hosts: [] }],
  ['an address of plain HTTP', () => 'http://localhost/feed', /http is not HTTPS/],
  ['an address of a file', () => 'file:///etc/passwd', /file is not HTTPS/],
  ['an address with a password', () => server.at('/feed').replace('//', '//me:secret@'), /holds a password/],
  ['what is no address', () => 'feed.xml', /Invalid URL/],
  ['an answer without end', () => server.at('/endless'), /more than 1000000 bytes/, { maxBytes: 1_000_000 }],
  ['a server that is silent', () => server.at('/silent'), /did not come within 0.3 s/, { timeoutMs: 300 }],
  ['a server that is not there', () => 'https://localhost:2/feed', /ECONNREFUSED/],
]
for (const [what, url, reason, options] of refusals) {
  test(`${what} is refused, and says why`, () => assert.rejects(fetchRemoteContent(url(), options), reason))
}

test('who gives up gets their own reason', async () => {
  const controller = new AbortController()
  const fetching = fetchRemoteContent(server.at('/silent'), { signal: controller.signal })
  controller.abort(new Error('enough'))
  await assert.rejects(fetching, /^Error: enough$/)
})
