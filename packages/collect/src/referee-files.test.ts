import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { compareObjects, type Asked } from './testing/compare-objects.ts'
import { withoutReferee } from './testing/referee.ts'

/** A tree with every kind of file, links in circles and out of it, and names that are hard to hand over. */
async function withHostileTree(use: (folder: string) => Promise<void>): Promise<void> {
  // On a disk: the referee finds less or more by links in the order in which names are read, which is another one in memory.
  const folder = realpathSync(mkdtempSync('/var/tmp/plumbline-hostile-'))
  const at = (path: string): string => join(folder, path)
  const socket = createServer()
  try {
    mkdirSync(at('d/e/f'), { recursive: true })
    mkdirSync(at('other/g'), { recursive: true })
    for (const name of names) writeFileSync(at(`d/${name}`), 'needle\n')
    for (const path of ['plain', 'd/e/deep', 'd/e/f/deeper', 'other/one', 'other/g/two'])
      writeFileSync(at(path), 'needle\n')
    for (const [path, target] of links) symlinkSync(target, at(path))
    execFileSync('mkfifo', [at('d/fifo')])
    await new Promise<void>((resolve) => socket.listen(at('d/socket'), resolve))
    chmodSync(at('d/e/deep'), 0o4777)
    await use(folder)
  } finally {
    await new Promise((resolve) => socket.close(resolve))
    rmSync(folder, { recursive: true })
  }
}

const names = [
  'plain',
  'new\nline',
  'L'.repeat(255),
  'ünï',
  'tab\tq"\'<&>',
  ' blank ',
  '*',
  '-n',
  '\\n',
  '$(id)',
  ']x[',
]
const links: readonly (readonly [path: string, target: string])[] = [
  ['d/self', '.'],
  ['d/up', '..'],
  ['d/to-file', '../plain'],
  ['d/dangling', 'nowhere'],
  ['d/circle', 'circle2'],
  ['d/circle2', 'circle'],
  ['d/out', '../other'],
  ['d/e/in', 'f'],
]

/** Objects that reach a tree in every way: by the entities and by the behaviors. */
function* objectsFor(folder: string): Generator<Asked> {
  for (const body of bodiesFor(folder)) yield ['unix:file', body]
}

function* bodiesFor(folder: string): Generator<string> {
  const path = `<unix:path>${folder}/d</unix:path>`
  const filenames = [
    '<unix:filename operation="pattern match">.*</unix:filename>',
    '<unix:filename>plain</unix:filename>',
    '<unix:filename operation="not equal">plain</unix:filename>',
    '<unix:filename xsi:nil="true"/>',
  ]
  for (const recurse of ['', 'directories', 'symlinks', 'symlinks and directories']) {
    for (const direction of ['none', 'down', 'up']) {
      for (const depth of direction === 'none' ? ['-1'] : ['-1', '0', '1', '2']) {
        for (const fileSystem of direction === 'down' ? ['all', 'local', 'defined'] : ['all']) {
          const of = recurse === '' ? '' : ` recurse="${recurse}"`
          const behaviors = `<unix:behaviors${of} recurse_direction="${direction}" max_depth="${depth}" recurse_file_system="${fileSystem}"/>`
          for (const filename of filenames) {
            // In this tree the referee enters what comes after a link that leads to no directory.
            if (recurse === 'symlinks' && direction === 'down' && filename.includes('nil')) continue
            yield `${behaviors}${path}${filename}`
          }
        }
      }
    }
  }
  for (const filepath of [
    'd/plain',
    'd/circle',
    'd/self',
    'd/to-file',
    'd/fifo',
    'd/socket',
    'd',
    'd/none',
    'd/out/one',
    'd/plain/x',
  ]) {
    yield `<unix:filepath>${folder}/${filepath}</unix:filepath>`
  }
  const patterns = [
    '/d/[^/]*$',
    '/d/.*',
    '/[^/]+$',
    '/d/(e|out)/[^/]+$',
    '/d/e/in/.*',
    '/.*/one$',
    '/d/plain$',
    '/none/.*',
  ]
  for (const pattern of patterns) {
    yield `<unix:filepath operation="pattern match">^${folder}${pattern}</unix:filepath>`
    yield `<unix:path operation="pattern match">^${folder}${pattern}</unix:path>${filenames[0]}`
    yield `<unix:path operation="pattern match">^${folder}${pattern}</unix:path>${filenames[3]}`
    yield `<unix:behaviors recurse="directories" recurse_direction="down" max_depth="1"/><unix:path operation="pattern match">^${folder}${pattern}</unix:path>${filenames[0]}`
  }
}

test('files are found as the referee finds them, by every way to name them', { skip: withoutReferee }, () =>
  withHostileTree(async (folder) => {
    const objects = [...objectsFor(folder)]
    assert.ok(objects.length > 200)
    assert.deepEqual(await compareObjects(objects), [])
  }),
)

test('files cannot be walked into: deprecated recursions', { skip: withoutReferee }, () =>
  withHostileTree(async (folder) => {
    const asked = (recurse: string): Asked => [
      'unix:file',
      `<unix:behaviors recurse="${recurse}" recurse_direction="down"/><unix:path>${folder}/d/e</unix:path><unix:filename operation="pattern match">^deep</unix:filename>`,
    ]
    const paths = (items: readonly string[] = []): string[] =>
      items.flatMap((item) => /filepath=(\S+)/.exec(item)?.[1]?.slice(folder.length) ?? [])
    // OVAL unix definitions schema, FileBehaviors, recurse, deprecated in 5.4: there is no recursion into files, so that none
    // and files mean no recursion, and the third directories. The referee finds nothing, and follows links instead.
    for (const [recurse, ours, theirs] of [
      ['none', ['/d/e/deep'], []],
      ['files', ['/d/e/deep'], []],
      ['files and directories', ['/d/e/f/deeper'], ['/d/e/in/deeper']],
    ] as const) {
      const [difference] = await compareObjects([asked(recurse)])
      assert.deepEqual([paths(difference?.onlyOurs), paths(difference?.onlyTheirs)], [ours, theirs])
    }
  }),
)

test('lines are told as the referee tells them, by the old textfilecontent', { skip: withoutReferee }, () =>
  withHostileTree(async (folder) => {
    writeFileSync(join(folder, 'd/lines'), 'one=1\n\n  two = 2 # two\nlast')
    const asked = (line: string, filename: string): Asked => [
      'ind:textfilecontent',
      `<ind:path>${folder}/d</ind:path><ind:filename operation="pattern match">${filename}</ind:filename><ind:line operation="pattern match">${line}</ind:line>`,
    ]
    const heard: string[] = []
    const objects = ['^(\\w+)=(\\d)$', 'w', '^$', '\\s*#\\s*(\\w+)', 'none', 'last|needle'].map((line) =>
      asked(line, '^(plain|lines)$'),
    )
    assert.deepEqual(await compareObjects(objects, { heard: (text) => heard.push(text) }), [])
    assert.ok(heard.some((text) => text.includes('subexpression=one')))
    // Each line is looked at from its beginning; the referee goes on where it stopped in the line before.
    const [difference] = await compareObjects([asked('^\\s*(\\w+)\\s*=', '^lines$')])
    assert.deepEqual([difference?.onlyOurs.length, difference?.onlyTheirs], [1, []])
    assert.match(difference?.onlyOurs[0] ?? '', /instance=2 .*subexpression=two/)
  }),
)

const withoutMounts =
  withoutReferee ||
  (spawnSync('unshare', ['-m', 'true']).status === 0 ? false : 'file systems can be mounted by root only')

test('symbolic links are told as the referee tells them', { skip: withoutReferee }, () =>
  withHostileTree(async (folder) => {
    const names = [...links.map(([path]) => path), 'plain', 'd', 'nowhere']
    const objects = names.map((name): Asked => ['unix:symlink', `<unix:filepath>${folder}/${name}</unix:filepath>`])
    assert.deepEqual(await compareObjects(objects), [])
  }),
)

test('walks go into other file systems when the referee does', { skip: withoutMounts }, () =>
  withHostileTree(async (folder) => {
    const program = join(import.meta.dirname, 'testing/compare-objects.ts')
    const objects = [...objectsFor(folder)].filter(([, object]) => object.includes('recurse_direction="down"'))
    // The namespace is gone with the program, and so are its mounts.
    const script = [
      'mount --make-rprivate /',
      'mount -t tmpfs tmpfs "$0/other/g"',
      'mount -t tmpfs share "$0/d/e/f"',
      'touch "$0/other/g/mounted" "$0/d/e/f/shared"',
      'exec "$@"',
    ]
    const differences = execFileSync(
      'unshare',
      ['-m', 'sh', '-ec', script.join('\n'), folder, process.execPath, program],
      { input: JSON.stringify(objects), encoding: 'utf8', maxBuffer: 1 << 26 },
    )
    const { compared, found } = JSON.parse(differences) as { compared: readonly string[]; found: unknown }
    assert.deepEqual(found, [])
    // The mounts were there, and were told apart.
    assert.ok(compared.some((text) => text.includes('/mounted')) && compared.some((text) => text.includes('/shared')))
  }),
)

test('a walk along links alone tells of directories and does not enter them', { skip: withoutReferee }, async () => {
  const folder = realpathSync(mkdtempSync('/var/tmp/plumbline-along-links-'))
  try {
    for (const path of ['d/plain/deep', 'other/one/deep']) mkdirSync(join(folder, path), { recursive: true })
    symlinkSync('../other', join(folder, 'd/link'))
    const asked = ['-1', '0', '1', '2'].map(
      (depth): Asked => [
        'unix:file',
        `<unix:behaviors recurse="symlinks" recurse_direction="down" max_depth="${depth}"/><unix:path>${folder}/d</unix:path><unix:filename xsi:nil="true"/>`,
      ],
    )
    assert.deepEqual(await compareObjects(asked), [])
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('links that lead nowhere, and what is no text, count as with the referee', { skip: withoutReferee }, () =>
  withHostileTree(async (folder) => {
    writeFileSync(join(folder, 'd/nul.yaml'), 'one: 1\n\0')
    const types = [
      ['ind:filehash', ''],
      ['ind:filehash58', '<ind:hash_type>MD5</ind:hash_type>'],
      ['ind:xmlfilecontent', '<ind:xpath>/x</ind:xpath>'],
      ['ind:yamlfilecontent', '<ind:yamlpath>.one</ind:yamlpath>'],
      [
        'ind:textfilecontent54',
        '<ind:pattern operation="pattern match">needle</ind:pattern><ind:instance datatype="int">1</ind:instance>',
      ],
    ] as const
    // At a pipe the referee waits for somebody to write to it.
    const names = ['dangling', 'circle', 'to-file', 'none', 'nul.yaml']
    const asked = types.flatMap(([type, rest]) =>
      names.map(
        (name): Asked => [
          type,
          // By its filepath the referee passes over such a link in YAML, by these two it does not.
          `<ind:path>${folder}/d</ind:path><ind:filename operation="pattern match">^${name}$</ind:filename>${rest}`,
        ],
      ),
    )
    assert.deepEqual(await compareObjects(asked), [])
  }),
)
