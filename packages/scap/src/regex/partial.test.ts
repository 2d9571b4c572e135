import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { compilePattern } from './compile.ts'

/** A pattern, beginnings that could become a match, and some that could not. */
const rows: readonly (readonly [string, readonly string[], readonly string[]])[] = [
  ['^/etc/ssh/sshd_config$', ['/', '/etc/', '/etc/ssh/'], ['/usr/', '/etc/ssl/', '/etc/ssh/sshd_config/']],
  ['^/(?:usr/)?lib/modules/.*\\.ko$', ['/', '/usr/', '/lib/', '/usr/lib/modules/6/x/'], ['/etc/', '/usr/share/']],
  ['^/home/[^/]+/\\.ssh$', ['/home/', '/home/me/'], ['/root/', '/home/me/a/', '/home/me/.ssh/']],
  ['^/etc', ['/etc/', '/etc/a/b/', '/etcetera/'], ['/usr/']],
  ['^(/a|/b/c)$', ['/', '/b/'], ['/a/', '/c/', '/b/c/']],
  ['^/x{2,3}/y$', ['/', '/xx/'], ['/x/', '/xxxx/']],
  ['/anywhere', ['/', '/etc/'], []],
  ['^/a(?=.*z)b', ['/a', '/ab/'], ['/b']],
  ['^/(.)/\\1/z$', ['/a/', '/a/a/'], ['b']],
]

for (const [source, possible, impossible] of rows) {
  test(`${source} tells what can become a match`, () => {
    const pattern = compilePattern(source)
    for (const text of possible) assert.equal(pattern.canBegin(text), true, text)
    for (const text of impossible) assert.equal(pattern.canBegin(text), false, text)
  })
}

/** A pattern, and what every match of it has in it. */
const needs: readonly (readonly [string, readonly string[]])[] = [
  ['^\\.netrc$', ['.netrc']],
  ['.*\\.rpm(save|new)$', ['.rpm']],
  ['^ifcfg-(?!lo).*', ['ifcfg-']],
  ['a(b[c-e]f)+g', ['a', 'b', 'f', 'g']],
  ['ab?c{2}', ['a', 'c']],
  ['(?i)key', []],
  ['key|lock', []],
  ['(a)\\1b', ['a', 'b']],
  ['^.*$', []],
]
for (const [source, texts] of needs) {
  test(`${source} tells what it needs`, () => assert.deepEqual(compilePattern(source).texts, texts))
}

test('whatever matches could begin with each of its beginnings, and has the texts that it needs', () => {
  const part = fc.constantFrom(
    'a',
    'b',
    '/',
    '[^/]*',
    '.',
    '(?:a|/b)',
    '(a/)?',
    'a+',
    '(?!x)',
    '\\b',
    '.*',
    '(?>a|b)',
    '$',
  )
  const text = fc.string({ unit: fc.constantFrom('a', 'b', '/'), minLength: 1, maxLength: 8 })
  fc.assert(
    fc.property(fc.array(part, { minLength: 1, maxLength: 6 }), text, (parts, value) => {
      const pattern = compilePattern(`^${parts.join('')}`)
      if (!pattern.test(value)) return
      assert.match(value, new RegExp(pattern.texts.join('.*'), 's'))
      for (let end = 0; end < value.length; end += 1) assert.ok(pattern.canBegin(value.slice(0, end)), pattern.source)
    }),
    { numRuns: 2000 },
  )
})
