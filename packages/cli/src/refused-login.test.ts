import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { messageWithAdvice, TransportError } from '@plumbline/collect'
import { noSshd, startSshd } from '../../collect/src/transports/ssh/testing/sshd.ts'

test(
  'a scan that is not let in names the reason and says what to do, for one machine and for several',
  { skip: noSshd },
  async () => {
    const server = await startSshd()
    const folder = mkdtempSync(join(tmpdir(), 'plumbline-refused-'))
    try {
      const main = new URL('main.ts', import.meta.url).pathname
      const scan = (...assets: readonly string[]) =>
        spawnSync(
          process.execPath,
          [
            main,
            'scan',
            ...assets.flatMap((name) => ['--asset', `ssh://root@127.0.0.1:${server.port}?name=${name}`]),
            ...[
              '--password-stdin',
              '--no-agent',
              '--known-hosts',
              join(server.folder, 'known_hosts'),
              '--json',
              join(folder, 'r'),
            ],
          ],
          { input: 'not the one\n', encoding: 'utf8' },
        )
      const advice = /auth-refused: .* refused root: .*; check the account, and that its key or password is the one/
      const one = scan('web')
      assert.equal(one.status, 1)
      assert.match(one.stderr, advice)
      const several = scan('web', 'db')
      assert.equal(several.status, 1)
      assert.match(several.stdout, advice)
      assert.ok(!`${one.stderr}${several.stdout}`.includes('not the one'))
    } finally {
      server.stop()
      rmSync(folder, { recursive: true })
    }
  },
)

test('a message that says what to do is left as it is', () => {
  const text = 'cannot reach web-3: no route; check the route'
  assert.equal(messageWithAdvice(new TransportError('unreachable', text)), text)
})
