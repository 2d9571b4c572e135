import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { openBlackHole } from '../../collect/src/transports/ssh/testing/black-hole.ts'
import { openPlaces } from '@plumbline/server/places'

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
      while (!existsSync(join(folder, 'local.json')) && child.exitCode === null) await pause(50)
      // A machine is given up after 15 s.
      assert.ok(performance.now() - began < 14_000, `${performance.now() - began} ms`)
      assert.equal(child.exitCode, null, 'the others are still waited for')
    } finally {
      child.kill('SIGKILL')
      await ended
    }
  } finally {
    hole.stop()
    rmSync(folder, { recursive: true })
  }
})
