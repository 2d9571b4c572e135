import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { compareObjects, type Asked } from './testing/compare-objects.ts'
import { withoutReferee } from './testing/referee.ts'

/** Files whose lines, ends and bytes are read in more than one way. */
const files: Readonly<Record<string, string | Uint8Array>> = {
  lines: 'one = 1\ntwo = 2\n\nthree=3 # one\nlast',
  crlf: 'one = 1\r\ntwo = 2\r\n',
  empty: '',
  newline: '\n',
  blank: ' \n\t\n',
  long: `${'x'.repeat(5000)}\n${'one '.repeat(2000)}\n`,
  unicode: 'ünï = ß\nκόσμος = 1\n\u{1f600} = 2\n',
  latin1: Buffer.from('one = 1\nünï = 2\ntwo = 3\n', 'latin1'),
  'latin1-first': Buffer.concat([Buffer.from([0xff, 0xfe, 0x80]), Buffer.from('\none = 1\n')]),
  truncated: Buffer.concat([Buffer.from('one = 1\n'), Buffer.from([0xe2, 0x82])]),
  surrogate: Buffer.concat([Buffer.from('one = '), Buffer.from([0xed, 0xa0, 0x80]), Buffer.from('\n')]),
  overlong: Buffer.concat([Buffer.from('one = '), Buffer.from([0xc0, 0xaf]), Buffer.from('\n')]),
  nul: 'one = 1\n\0two = 2\none = 3\n',
  'nul-first': '\0one = 1\n',
  'nul-in-line': 'one = \0 1\ntwo = 2\n',
  mark: '\ufeffone = 1\n',
}

const patterns: readonly (readonly [pattern: string, behaviors?: string])[] = [
  ['one'],
  ['^one'],
  ['^(\\w+)\\s*=\\s*(\\S+)'],
  ['^(\\w+)\\s*=\\s*(\\d)$'],
  ['(\\w+)?\\s*=(x)?'],
  ['^$'],
  ['^\\s*$'],
  ['$'],
  ['.'],
  ['.*'],
  ['(?i)ONE'],
  ['ONE', 'ignore_case="true"'],
  ['^two', 'multiline="false"'],
  ['one.*two', 'singleline="true"'],
  ['one.*two'],
  ['\\Aone'],
  ['last\\z'],
  ['\\s=\\s(.)'],
  ['[^a-z\\s=]+'],
  ['\\w+\\n\\w*'],
  ['(one|two)(?=\\s*=)'],
  ['(?:one|two) = (\\d)\\r?$'],
  ['none'],
]

const instances = [
  '<ind:instance datatype="int">1</ind:instance>',
  '<ind:instance datatype="int">2</ind:instance>',
  '<ind:instance datatype="int" operation="greater than or equal">1</ind:instance>',
  '<ind:instance datatype="int" operation="greater than">2</ind:instance>',
  '<ind:instance datatype="int" operation="not equal">2</ind:instance>',
]

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')

/** Before a NUL byte, where it takes the text to end, the referee errs with what may match nothing there: it searches on. */
const isLost = (name: string, pattern: string): boolean =>
  name.startsWith('nul') && ['^$', '^\\s*$', '$', '.*'].includes(pattern)

/** Each pattern in each file, with each choice of instances in turn. */
function askedIn(folder: string): Asked[] {
  const names = Object.keys(files)
  return patterns.flatMap(([pattern, behaviors], first) =>
    names
      .filter((name) => !isLost(name, pattern))
      .map((name, second): Asked => {
        const instance = instances[(first + second) % instances.length] ?? ''
        const how = behaviors === undefined ? '' : `<ind:behaviors ${behaviors}/>`
        const place =
          second % 2 === 0
            ? `<ind:filepath>${folder}/${name}</ind:filepath>`
            : `<ind:path>${folder}</ind:path><ind:filename>${name}</ind:filename>`
        return [
          'ind:textfilecontent54',
          `${how}${place}<ind:pattern operation="pattern match">${escaped(pattern)}</ind:pattern>${instance}`,
        ]
      }),
  )
}

test('text is found as the referee finds it: items, entities and flags', { skip: withoutReferee }, async () => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'plumbline-text-')))
  try {
    for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content)
    mkdirSync(join(folder, 'folder'))
    const heard = new Set<string>()
    const asked = [
      ...askedIn(folder),
      ...['folder', 'nothing', 'lines/x'].map(
        (name): Asked => [
          'ind:textfilecontent54',
          `<ind:filepath>${folder}/${name}</ind:filepath><ind:pattern operation="pattern match">.</ind:pattern><ind:instance datatype="int">1</ind:instance>`,
        ],
      ),
    ]
    assert.deepEqual(await compareObjects(asked, { heard: (text) => heard.add(text) }), [])
    assert.ok(heard.size > 150, `only ${heard.size} kinds of items were compared`)
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('packages are told as the referee tells them', { skip: withoutReferee }, async () => {
  const names = [
    'bash',
    'dpkg',
    'libc6',
    'tzdata',
    'login',
    'passwd',
    'awk',
    'mail-transport-agent',
    'nothing',
    'Bash',
    '',
  ]
  const heard: string[] = []
  // A name with an architecture is one to oscap 1.3.7, which asks APT, and not to 1.4.2.
  const asked = names.map((name): Asked => ['linux:dpkginfo', `<linux:name>${name}</linux:name>`])
  assert.deepEqual(await compareObjects(asked, { heard: (text) => heard.push(text) }), [])
  assert.ok(
    heard.some((text) => /name=bash .*arch=.*evr=/.test(text)),
    heard.join('\n'),
  )
})
