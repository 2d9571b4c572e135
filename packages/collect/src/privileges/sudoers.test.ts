import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'
import fc from 'fast-check'
import type { FileCondition, FindRequest } from '../session.ts'
import { findLine } from '../transports/ssh/find-call.ts'
import { searchExpression, writeSudoers } from './sudoers.ts'

const range = fc.tuple(fc.nat(2000), fc.nat(70_000)).map(([least, more]) => [least, least + more] as const)
const leaf: fc.Arbitrary<FileCondition> = fc.oneof(
  fc.constantFrom({ kind: 'regular' } as const, { kind: 'directory' } as const, { mode: 0o4002 }),
  fc.array(range, { minLength: 1, maxLength: 3 }).map((user) => ({ user })),
  fc.array(range, { minLength: 1, maxLength: 2 }).map((group) => ({ group })),
  fc.constantFrom('sshd_config', '*.conf', 'a(b)', 'it,self', 'My File').map((name) => ({ name: [name, 'other'] })),
  fc.constantFrom('^\\.netrc$', 'My File', '^-delete', '\\t[*]x', '^$').map((namePattern) => ({ namePattern })),
)
const { condition } = fc.letrec<{ condition: FileCondition }>((tie) => ({
  condition: fc.oneof(
    { maxDepth: 3 },
    leaf,
    fc.array(tie('condition'), { maxLength: 3 }).map((all) => ({ all })),
    fc.array(tie('condition'), { minLength: 1, maxLength: 3 }).map((any) => ({ any })),
    tie('condition').map((not) => ({ not })),
  ),
}))
const walk: fc.Arbitrary<FindRequest> = fc.record({
  start: fc.constantFrom('/', '/etc', '/var/log/[x]'),
  maxDepth: fc.nat(9),
  barred: fc.subarray(['/proc', '/mnt/*a']),
  where: condition,
  limit: fc.constant(10),
})

test('every search that a session makes is one that the file allows', () => {
  const walks = fc.sample(fc.array(walk, { minLength: 1, maxLength: 3 }), 150)
  const lines = walks.map((some) =>
    findLine(
      some.map((one) => ({ ...one, start: '/etc', maxDepth: 4 })),
      'gnu',
    ),
  )
  // What find(1) is given, joined as sudo joins it.
  const functions = '_find() { shift; printf "%s" "-H"; for _w; do printf " %s" "$_w"; done; echo; }\n'
  const said = execFileSync('sh', ['-c', functions + lines.join('\n')], { encoding: 'utf8' })
    .trimEnd()
    .split('\n')
  assert.equal(said.length, 150)
  const allowed = new RegExp(searchExpression.replaceAll('[:space:]', String.raw`\s`))
  for (const one of said) assert.match(one, allowed)
  assert.match('/etc/ -mindepth 1 -maxdepth 1 -printf %y%f/', allowed)
  for (const bad of ['-delete', '-exec id ;', '-fprintf /x y', '-ok id ;', '-fls /x', '-name -delete', '-printf %p']) {
    assert.doesNotMatch(`-H /etc ${bad}`, allowed)
  }
})

test('the file says what it is for, and takes paths as they are', () => {
  const text = writeSudoers(
    {
      contents: [{ path: '/etc/a b,c:d=e*' }, { expression: String.raw`/etc/x(\.d/[^/[:space:]]+)?` }],
      searches: false,
      commands: ['uname OPTION'],
      unknown: ['oval:x:obj:1'],
    },
    { account: 'audit', standard: 'a standard\nroot ALL=(ALL) ALL' },
  )
  const lines = text.split('\n').filter((line) => !line.startsWith('#') && line !== '')
  assert.deepEqual(lines, [
    'Cmnd_Alias PLUMBLINE_ATTRIBUTES = /usr/bin/ls, \\',
    '  /usr/bin/readlink, \\',
    '  /usr/bin/stat',
    String.raw`Cmnd_Alias PLUMBLINE_CONTENTS = /usr/bin/cat /etc/a\ b\,c\:d\=e\*, ` + '\\',
    String.raw`  /usr/bin/cat ^/etc/x(\.d/[^/[:space:]]+)?$, ` + '\\',
    String.raw`  !/usr/bin/cat ^(.*/)?\.\.(/.*)?$`,
    'Defaults:audit !requiretty, !use_pty, command_timeout=10m',
    'audit ALL=(root) NOPASSWD: NOEXEC: PLUMBLINE_ATTRIBUTES, PLUMBLINE_CONTENTS',
  ])
  assert.match(text, /^# {3}uname OPTION$/m)
  assert.match(text, /^# {3}oval:x:obj:1$/m)
})

test('an account is named as sudoers takes it, and what would be somebody else there is not', () => {
  const nothing = { contents: [], searches: false, commands: ['getfattr --dump … -- FILE…'], unknown: [] }
  const write = (account: string): string => writeSudoers(nothing, { account, standard: 'x' })
  for (const [account, name] of [
    ['scan', 'scan'],
    ['john.doe', '"john.doe"'],
    ['a;b', '"a;b"'],
    ['a,b=(ALL)@x', '"a,b=(ALL)@x"'],
  ] as const) {
    const lines = write(account).split('\n')
    assert.ok(lines.includes(`Defaults:${name} !requiretty, !use_pty, command_timeout=10m`), lines.join('\n'))
    assert.ok(lines.includes(`${name} ALL=(root) NOPASSWD: NOEXEC: PLUMBLINE_ATTRIBUTES`), lines.join('\n'))
    assert.ok(lines.includes('Cmnd_Alias PLUMBLINE_ATTRIBUTES = /usr/bin/getfattr, \\'), lines.join('\n'))
  }
  for (const hostile of [
    'a ALL=(ALL) ALL #',
    '%sudo',
    '#0',
    '+all',
    '!a',
    'ALL',
    'ADMINS',
    'a"b',
    'a\\b',
    'a\nb',
    '',
  ]) {
    assert.throws(() => write(hostile), /not an account that sudoers can name/, hostile)
  }
})
