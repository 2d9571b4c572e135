import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'
import { nameExpression, pathExpression } from './path-expression.ts'

/** Which of some paths the expression matches, by the C library that sudo asks too. */
function matching(expression: string, paths: readonly string[]): string[] {
  try {
    const options = { input: paths.join('\n'), encoding: 'utf8', env: { LC_ALL: 'C' } } as const
    return execFileSync('grep', ['-E', '-x', '-e', expression], options).trimEnd().split('\n')
  } catch {
    return []
  }
}

test('an expression matches the paths of the pattern, and never leaves the folder', () => {
  const paths = [
    '/etc/sudoers',
    '/etc/sudoers.d/a',
    '/etc/sudoers.d/b.conf',
    '/etc/sudoers.d/../shadow',
    '/etc/sudoersXd/a',
  ]
  const cases: readonly (readonly [string, readonly string[]])[] = [
    [String.raw`^/etc/sudoers(\.d/.*)?$`, ['/etc/sudoers', '/etc/sudoers.d/a', '/etc/sudoers.d/b.conf']],
    [String.raw`^\/etc\/(sudoers|sudoers\.d\/.*)$`, ['/etc/sudoers', '/etc/sudoers.d/a', '/etc/sudoers.d/b.conf']],
    [String.raw`^/etc/sudoers(?:\.d/[^.]+\.conf)$`, ['/etc/sudoers.d/b.conf']],
    [String.raw`/etc/sudoers\.d/\w+`, ['/etc/sudoers.d/a', '/etc/sudoers.d/b.conf']],
    ['^/etc/sudoers.d/a$', ['/etc/sudoers.d/a', '/etc/sudoersXd/a']],
  ]
  for (const [pattern, expected] of cases) {
    assert.deepEqual(matching(pathExpression(pattern) ?? '', paths), expected, pattern)
  }
  assert.deepEqual(matching(`/a(/${nameExpression})*`, ['/a', '/a/b/.c', '/a/../b', '/a/./b', '/a/..b']), [
    '/a',
    '/a/b/.c',
  ])
})

test('what an expression cannot say is not guessed', () => {
  for (const pattern of [
    '^(?!/etc).*$',
    String.raw`^/(a)\1$`,
    String.raw`^/a\sb$`,
    '^/a{2}$',
    '^/a b$',
    '[ /]x',
    '^/a^b',
  ]) {
    assert.equal(pathExpression(pattern), undefined, pattern)
  }
})
