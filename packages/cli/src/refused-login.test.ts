import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { messageWithAdvice, TransportError } from '@plumbline/collect'
import { slowness } from '../../collect/src/testing/slowness.ts'
import { makeKey, noSshd, startSshd } from '../../collect/src/transports/ssh/testing/sshd.ts'

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
  const ownAdvice = 'web-3 does not run sh (it said: a) b; c); give it a shell'
  assert.equal(messageWithAdvice(new TransportError('restricted-shell', ownAdvice)), ownAdvice)
})

test('a semicolon in what an asset said, or in the name of an account, is no advice', () => {
  const account = 'web-3 refused a;b: none of the keys and passwords given is accepted'
  assert.match(messageWithAdvice(new TransportError('auth-refused', account)), /accepted; check the account/)
  const text = 'web-3 gave no shell within 30 s (it said: Welcome; (please) wait)'
  const advice = 'see what keeps the asset busy, or raise the time limit'
  assert.equal(messageWithAdvice(new TransportError('timed-out', text)), `${text}; ${advice}`)
})

test(
  'content that cannot be used ends a scan at once, though a machine has not answered yet',
  { skip: noSshd },
  async () => {
    const silent = createServer().listen(0, '127.0.0.1')
    await once(silent, 'listening')
    const folder = mkdtempSync(join(tmpdir(), 'plumbline-silent-'))
    try {
      const key = join(folder, 'key')
      makeKey(key)
      const { port } = silent.address() as AddressInfo
      const words = ['scan', '--asset', `ssh://root@127.0.0.1:${port}`, '--identity', key, '--no-agent']
      const { status, stderr } = spawnSync(
        process.execPath,
        [new URL('main.ts', import.meta.url).pathname, ...words, '--profile', 'no_such_profile'],
        // Less than a silent machine is waited for.
        { encoding: 'utf8', timeout: 25_000 },
      )
      assert.equal(status, 1, stderr)
      assert.match(stderr, /no_such_profile/)
    } finally {
      silent.close()
      rmSync(folder, { recursive: true })
    }
  },
)

test('an asset that takes longer than it may is given up, and says so', { skip: noSshd }, async () => {
  const setUp = `useradd -M -d / -s "$F/slow" slow; usermod -p '*' slow
printf '#!/bin/sh\\nexec sleep 99\\n' > "$F/slow"; chmod 755 "$F" "$F/slow"`
  const server = await startSshd({ setUp })
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-limit-'))
  try {
    const main = new URL('main.ts', import.meta.url).pathname
    const asset = `ssh://slow@127.0.0.1:${server.port}?name=slow`
    const secrets = ['--identity', join(server.folder, 'client'), '--no-agent', '--host-key', 'accept-new']
    const limits = ['--asset-timeout', '2', '--known-hosts', join(folder, 'known')]
    const words = [main, 'scan', '--asset', asset, ...secrets, ...limits]
    // A shell may take 30 s to come.
    const { status, stderr } = spawnSync(process.execPath, words, {
      encoding: 'utf8',
      timeout: Math.ceil(25_000 * slowness()),
    })
    assert.equal(status, 1, stderr)
    assert.match(stderr, /timed-out: slow took longer than 2 s; see what keeps it busy/)
  } finally {
    server.stop()
    rmSync(folder, { recursive: true })
  }
})
