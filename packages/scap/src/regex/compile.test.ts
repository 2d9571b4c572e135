import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compilePattern } from './compile.ts'
import { costOf, stepsFor } from './cost.ts'
import { parsePattern } from './parse.ts'

const multiline = { multiline: true }

/** What the reference scanner finds in a file, measured with its textfilecontent54 probe. */
const INSTANCES: readonly (readonly [text: string, pattern: string, found: readonly string[]])[] = [
  ['a\n', '^$', []],
  ['a\n\nb\n', '^$', ['', '']],
  ['a\r\nb', 'a$', []],
  ['a\u00a0b', 'a\\sb', []],
  ['a\u000bb', 'a\\sb', ['a\u000bb']],
  ['a\rb', 'a.b', ['a\rb']],
  ['a\u2028b', 'a.b', ['a\u2028b']],
  ['x]y[abc]\n', '[^]]+', ['x', 'y[abc', '\n']],
  ['b', '(a)?\\1b', []],
  ['a', '(x)?(a)', ['a']],
  ['\ufeffroot', '^root', []],
  ['a\n', 'a\\Z', ['a']],
  ['\u212a', '(?i)k', ['\u212a']],
  ['one\ntwo\n', '^.*$', ['one', 'two']],
  ['aaa', 'a', ['a', 'a', 'a']],
  ['aXbX', '[a-z]*', ['a', '', 'b', '', '']],
  ['a\nb', '$', ['', '', '', '']],
  ['\n', '.*', ['', '']],
  ['', '.*', ['']],
  ['a\n\n', '^', ['', '', '']],
]
for (const [text, pattern, found] of INSTANCES) {
  test(`/${pattern}/ finds ${JSON.stringify(found)} in ${JSON.stringify(text)}`, () => {
    assert.deepEqual(
      compilePattern(pattern, multiline)
        .matchAll(text)
        .map(({ groups }) => groups[0]),
      found,
    )
  })
}

test('an escape that Perl does not have is refused, with its offset', () => {
  assert.throws(() => compilePattern('caf\\u00e9'), {
    code: 'pattern-invalid',
    message: 'the pattern "caf\\u00e9" has \\u, which PCRE does not have at offset 3; correct the pattern',
  })
})

test('a group that took no part is undefined, one that matched nothing is empty', () => {
  assert.deepEqual(compilePattern('(x)?(a)()').exec('a')?.groups, ['a', undefined, 'a', ''])
})

test('a search begins where it is told', () => {
  const pattern = compilePattern('^\\s*b', multiline)
  assert.deepEqual(
    [pattern.exec('b\nb', 0)?.start, pattern.exec('b\nb', 1)?.start, pattern.exec('b\nb', 3)?.start],
    [0, 2, undefined],
  )
})

test('the prefix of an anchored pattern is known', () => {
  const prefixes = ['^/etc/ssh/[^/]+$', '/etc', '^/etc|^/usr', '^\\Q/a.b\\E', '^(/etc)', '(?i)^/etc', '^/etc?']
  assert.deepEqual(
    prefixes.map((pattern) => compilePattern(pattern).prefix),
    ['/etc/ssh/', '', '', '/a.b', '', '/', '/et'],
  )
})

test('a pattern is compiled once', () => {
  assert.equal(compilePattern('a(b)'), compilePattern('a(b)'))
  assert.notEqual(compilePattern('a(b)'), compilePattern('a(b)', multiline))
})

const SLOW: readonly string[] = ['(a+)+$', '(a|a)*$', '(?:a|(b)|a)*\\1$', '^(?:a*)*(b)?\\1$', '(.*)*(x)\\1']
for (const pattern of SLOW) {
  test(`/${pattern}/ is given up when it blows up`, { timeout: 30_000 }, () => {
    assert.throws(() => compilePattern(pattern).test(`${'a'.repeat(3000)}!`), { code: 'pattern-too-slow' })
  })
}

/** How the work grows where the text is 3000 characters in 50 lines, with white space in runs of 2. */
const TEXT = `${'a'.repeat(58)}  \n`.repeat(49) + 'a'.repeat(60)
const STEPS: readonly (readonly [pattern: string, steps: number])[] = [
  ['^abc$', 50],
  ['abc', 3050],
  ['^a+$', 50 * 60],
  ['^[ \\t]*PermitRootLogin[ \\t]+([^#\\s]+)[ \\t]*$', 50 * 60],
  ['^[ \\t]*PermitRootLogin[ \\t]+([^#\\s]*)[ \\t]*$', 50 * 60 * 3],
  ['foo.*bar', 3050 * 60 * 60],
  ['^.*foo.*bar', 50 * 60 ** 3],
  ['\\A.*foo[^;]*bar', 60 * 3050 ** 2],
  ['(a+)+', Infinity],
  ['(?:\\s*\\w+\\s*)*x', Infinity],
  ['(?:a|ab)*c', Infinity],
  ['^([0-9]{1,3}\\.){3}[0-9]{1,3}', 50],
  ['\\A(?=[\\s\\S]*foo)(?=[\\s\\S]*bar)', 1 + 2 * 3050 ** 2],
  ['\\A(?>a+)+b', 3050 + 3050 * 60],
  ['(?=(a+)+$)b', Infinity],
]
for (const [pattern, steps] of STEPS) {
  test(`/${pattern}/ takes at most ${steps} steps`, () => {
    assert.equal(stepsFor(costOf(parsePattern(pattern, multiline).node), TEXT), steps)
  })
}
