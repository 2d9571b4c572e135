import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { expand } from './bzip2.ts'

const found = spawnSync('bzip2', ['--help']).error === undefined
if (!found && process.env['CI'] === 'true') throw new Error('bzip2 is missing')
const skip = found ? false : 'bzip2 is not installed'

function compress(data: Uint8Array, ...options: readonly string[]): Buffer {
  const { status, stdout, stderr } = spawnSync('bzip2', ['-c', ...options], { input: data, maxBuffer: 1 << 28 })
  assert.equal(status, 0, String(stderr))
  return stdout
}

/** The same on every run. */
function noise(length: number): Buffer {
  const data = Buffer.alloc(length)
  let state = 1
  for (let at = 0; at < length; at += 1) data[at] = (state = (state * 48_271) % 2_147_483_647) >> 8
  return data
}

const cases: readonly (readonly [string, Buffer])[] = [
  ['nothing', Buffer.alloc(0)],
  ['one byte', Buffer.from('a')],
  ['runs of every length', Buffer.from(Array.from({ length: 600 }, (_, at) => 'ab'[at % 2]!.repeat(at)).join(''))],
  ['one byte, a million times', Buffer.alloc(1_000_000, 0x61)],
  ['noise of several blocks', noise(450_000)],
  ['text', Buffer.from('<definition id="oval:x:def:1" version="1">\n'.repeat(20_000))],
]
for (const [name, data] of cases) {
  test(`${name} is what it was before bzip2`, { skip }, () => {
    for (const level of ['-1', '-9']) assert.ok(Buffer.from(expand(compress(data, level), 'f')).equals(data), level)
  })
}

test('streams may follow one another, and what is not compressed stays as it is', { skip }, () => {
  const [one, other] = [Buffer.from('one'), noise(1000)]
  const both = Buffer.concat([compress(one), compress(other)])
  assert.ok(Buffer.from(expand(both, 'f')).equals(Buffer.concat([one, other])))
  const plain = Buffer.from('<BZh/>')
  assert.equal(expand(plain, 'f'), plain)
})

test('what is damaged, cut or too large is refused, and nothing hangs', { skip }, () => {
  const whole = compress(noise(20_000))
  for (let at = 11; at < whole.length; at += 397) {
    const damaged = Buffer.from(whole)
    damaged[at] = damaged[at]! ^ 0x10
    assert.throws(() => expand(damaged, 'feed.xml.bz2'), { code: 'content-invalid' }, String(at))
    assert.throws(() => expand(whole.subarray(0, at), 'feed.xml.bz2'), /feed\.xml\.bz2 cannot be expanded/)
  }
  assert.throws(() => expand(compress(Buffer.alloc(1_000_000)), 'f', 999_999), /more than 999999 bytes/)
})
