import assert from 'node:assert/strict'
import { execFile, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { slowness } from '../../collect/src/testing/slowness.ts'
import { openBlackHole } from '../../collect/src/transports/ssh/testing/black-hole.ts'
import { startRelay } from '../../collect/src/transports/ssh/testing/relay.ts'
import { noSshd, startSshd } from '../../collect/src/transports/ssh/testing/sshd.ts'
import { openPlaces } from '@plumbline/server/places'

const isRunning = (child: ChildProcess): boolean => child.exitCode === null && child.signalCode === null
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

test('work that steps aside leaves its place to others, and goes on before those that have not begun', async () => {
  const places = openPlaces(1)
  const order: string[] = []
  const answer = Promise.withResolvers<void>()
  const first = places.hold(async () => {
    order.push('first steps aside')
    await places.stepAside(answer.promise)
    order.push('first goes on')
  })
  const second = places.hold(async () => {
    answer.resolve()
    await pause(20)
    order.push('second')
  })
  const third = places.hold(async () => void order.push('third'))
  await Promise.all([first, second, third])
  assert.deepEqual(order, ['first steps aside', 'second', 'first goes on', 'third'])
})

test(
  'machines that hang after the login, or in it, keep no other waiting, however many there are',
  { skip: noSshd },
  async () => {
    const setUp = `useradd -M -d / -s "$F/hang" hang; usermod -p '*' hang
printf '#!/bin/sh\nexec sleep 99\n' > "$F/hang"; chmod 755 "$F" "$F/hang"`
    const server = await startSshd({ setUp })
    const greeter = createServer((socket) => void socket.write('SSH-2.0-OpenSSH_9.2\r\n')).listen(0, '127.0.0.1')
    await once(greeter, 'listening')
    const folder = mkdtempSync(join(tmpdir(), 'plumbline-places-'))
    try {
      const { port } = greeter.address() as AddressInfo
      const at = (user: string, where: number, name: string): string[] => [
        '--asset',
        `ssh://${user}@127.0.0.1:${where}?name=${name}`,
      ]
      const main = new URL('main.ts', import.meta.url).pathname
      const hanging = [0, 1, 2, 3].flatMap((one) => [
        ...at('hang', server.port, `h${one}`),
        ...at('x', port, `g${one}`),
      ])
      const scan = ['scan', ...hanging, '--asset', 'local', '--parallel', '1', '--json', folder]
      const secrets = ['--identity', join(server.folder, 'client'), '--host-key', 'accept-new']
      const child = execFile(process.execPath, [main, ...scan, ...secrets, '--known-hosts', join(folder, 'known')])
      const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
      try {
        const began = performance.now()
        while (!existsSync(join(folder, 'local.json')) && isRunning(child)) await pause(50)
        // One after the other the eight would take 30 s each.
        assert.ok(performance.now() - began < 29_000 * slowness(), `${performance.now() - began} ms`)
        assert.ok(isRunning(child), 'the others are still waited for')
      } finally {
        child.kill('SIGKILL')
        await ended
      }
    } finally {
      greeter.close()
      server.stop()
      rmSync(folder, { recursive: true })
    }
  },
)

test('a machine that falls silent in the middle of its scan keeps no other waiting', { skip: noSshd }, async () => {
  const server = await startSshd()
  const relay = await startRelay(server.port)
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-places-'))
  try {
    const main = new URL('main.ts', import.meta.url).pathname
    const assets = ['--asset', `ssh://root@127.0.0.1:${relay.port}?name=silent`, '--asset', 'local']
    const scan = ['scan', ...assets, '--parallel', '1', '--json', folder]
    const secrets = ['--identity', join(server.folder, 'client'), '--host-key', 'accept-new']
    const child = execFile(process.execPath, [main, ...scan, ...secrets, '--known-hosts', join(folder, 'known')])
    const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
    try {
      // The login and what the shell is taught are a quarter of it.
      while (relay.passed() < 60_000 && isRunning(child)) await pause(5)
      relay.freeze()
      while (!existsSync(join(folder, 'local.json')) && isRunning(child)) await pause(50)
      // It is given up after 75 s.
      assert.ok(isRunning(child), 'the other is still waited for')
      assert.ok(!existsSync(join(folder, 'silent.json')))
    } finally {
      child.kill('SIGKILL')
      await ended
    }
  } finally {
    relay.stop()
    server.stop()
    rmSync(folder, { recursive: true })
  }
})

test('machines that do not answer keep no other waiting, however few are scanned at a time', async () => {
  const hole = await openBlackHole()
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-places-'))
  try {
    const silent = Array.from({ length: 8 }, (_, index) => ['--asset', `ssh://x@127.0.0.1:${hole.port}?name=s${index}`])
    const main = new URL('main.ts', import.meta.url).pathname
    const scan = ['scan', ...silent.flat(), '--asset', 'local', '--parallel', '2', '--json', folder, '--password-stdin']
    const child = execFile(process.execPath, [main, ...scan])
    child.stdin?.end('secret\n')
    const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
    try {
      const began = performance.now()
      while (!existsSync(join(folder, 'local.json')) && isRunning(child)) await pause(50)
      // A machine is given up after 15 s, and of eight there are two at a time.
      assert.ok(performance.now() - began < 14_000 * slowness(), `${performance.now() - began} ms`)
      assert.ok(isRunning(child), 'the others are still waited for')
    } finally {
      child.kill('SIGKILL')
      await ended
    }
  } finally {
    hole.stop()
    rmSync(folder, { recursive: true })
  }
})
