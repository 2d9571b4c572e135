import assert from 'node:assert/strict'
import { test } from 'node:test'
import { collectTheirs, documentOf, withoutReferee } from '../../testing/referee.ts'
import { collectFrom, entity, withFolder } from '../testing.ts'
import { yamlfilecontent } from './yamlfilecontent.ts'
import type { Session } from '../../session.ts'
import type { Item, ResolvedObject } from '@plumbline/scap'

const files = {
  'pods.yaml': `foo:
  - bar: &bar True
    first: First Bar
    arr: [1, 2, 3]
  - baz: False
    other_bar: *bar
    first: First Baz
    some.el/here: Delimiters...
    "bar's": 0
`,
  'values.yaml':
    'n: [007, +5, -3, 0o17, 0x1F, 1.5, .5, 1e3, .inf, -.INF, .nan, 2147483648, ~, yes, "12", !!str 5, !!int "7", TRUE]\n',
  'shapes.yaml': `camelCase^Key: {A: 1, bB: [x, y]}
deep: {a: {b: 1}}
seq: [[1, 2], [3], []]
mixed: [a, {k: v}]
seqmap: [{k: [1, 2], l: z}, {k: 3}]
seqseqmap: [[{a: 1}]]
empty: {}
text: |
  one
  two
dup: 1
dup: 2
`,
  'stream.yaml': 'a: 1\n---\na: 2\n---\nb: 3\n',
  'broken.yaml': 'a: [1\n',
  'items.json': '{"items":[{"name":"x","s":[{"n":1},{"n":2}]},{"name":"y","s":[{"n":1.50}]}]}',
  'list.yaml': '- a\n- b\n- c\n',
  'empty.yaml': '',
  'alias.yaml': 'x: &a [1, 2]\ny: *a\n',
}

type Row = readonly [file: keyof typeof files, path: string, records: string | readonly string[]]

/** The file, the path, and the records, each its fields; `none` is no item and `error` the flag. */
const rows: readonly Row[] = [
  ['pods.yaml', '$.foo[0].bar', ['#=true']],
  ['pods.yaml', `.foo[0]["bar"]`, ['#=true']],
  ['pods.yaml', `foo[1]["bar's"]`, ['#=0']],
  ['pods.yaml', `['foo'][1]['some.el/here']`, ['#=Delimiters...']],
  ['pods.yaml', 'foo[0].arr', ['#=1 #=2 #=3']],
  ['pods.yaml', 'foo[0].arr[:]', ['#=1 #=2 #=3']],
  ['pods.yaml', 'foo[0].arr[0,2]', ['#=1 #=3']],
  ['pods.yaml', 'foo[0].arr[9]', 'none'],
  ['pods.yaml', `foo[0]['first','arr']`, ['first=First Bar arr=1 arr=2 arr=3']],
  ['pods.yaml', 'foo[0].*', ['bar=true first=First Bar arr=1 arr=2 arr=3']],
  ['pods.yaml', 'foo[0][*]', ['bar=true first=First Bar arr=1 arr=2 arr=3']],
  ['pods.yaml', 'foo[:].first', ['#=First Bar #=First Baz']],
  ['pods.yaml', '&bar', ['#=true']],
  ['pods.yaml', 'nope', 'none'],
  ['pods.yaml', 'foo[0].bar.x', 'none'],
  ['pods.yaml', '$', 'error'],
  ['pods.yaml', 'foo[', 'error'],
  ['pods.yaml', 'foo[-1]', 'error'],
  ['pods.yaml', 'foo..x', 'error'],
  ['pods.yaml', 'foo[0:1]', 'error'],
  [
    'values.yaml',
    'n',
    ['#=7 #=5 #=-3 #=15 #=31 #=1.5 #=0.5 #=1000 #=INF #=-INF #=NaN #=2147483648 #=(null) #=yes #=12 #=5 #=7 #=true'],
  ],
  ['shapes.yaml', '.camelCase^Key', ['^a=1 b^b=x b^b=y']],
  ['shapes.yaml', 'deep', 'error'],
  ['shapes.yaml', 'seq', ['#=1 #=2', '#=3']],
  ['shapes.yaml', 'seq[:][:]', ['#=1 #=2', '#=3']],
  ['shapes.yaml', 'seq[:][0]', ['#=1 #=3']],
  ['shapes.yaml', 'seq[0]', ['#=1 #=2']],
  ['shapes.yaml', 'mixed', 'error'],
  ['shapes.yaml', 'seqmap', ['k=1 k=2 l=z', 'k=3']],
  ['shapes.yaml', 'seqmap[:].k[:]', ['#=1 #=2']],
  ['shapes.yaml', 'seqseqmap', 'error'],
  ['shapes.yaml', 'empty', 'none'],
  ['shapes.yaml', 'text', ['#=one\ntwo\n']],
  ['shapes.yaml', 'dup', ['#=1 #=2']],
  ['stream.yaml', '.a', ['#=1 #=2']],
  ['stream.yaml', '$', ['a=1', 'a=2', 'b=3']],
  ['broken.yaml', '.a', 'error'],
  ['items.json', '.items[:].name', ['#=x #=y']],
  ['items.json', `.items[:]['s'][:].n`, ['#=1 #=2', '#=1.5']],
  ['list.yaml', '[1]', ['#=b']],
  ['list.yaml', '$', ['#=a #=b #=c']],
  ['empty.yaml', '$', 'none'],
  // YAML 1.2, 7.1: an alias stands for what it names; the referee passes over it.
  ['alias.yaml', '.y', ['#=1 #=2']],
]

test('YAML paths lead to records', () =>
  withFolder(files, async (session, folder) => {
    for (const [file, path, records] of rows) {
      assert.deepEqual([file, path, await recordsAt(session, `${folder}/${file}`, path)], [file, path, records])
    }
  }))

/** Where the standard, or what is written, is not what the referee says. */
const differs = new Set([
  // YAML 1.2, 7.1: the referee takes no alias for what it stands for.
  'alias.yaml .y',
  // Its integers have 32 bits, its floats six decimals.
  'values.yaml n',
])

test('YAML paths lead to what the referee finds', { skip: withoutReferee }, () =>
  withFolder(files, async (_session, folder) => {
    const objects = rows.map(
      ([file, path], at) =>
        `<ind:yamlfilecontent_object id="oval:plumbline.referee:obj:${at + 1}" version="1"><ind:filepath>${folder}/${file}</ind:filepath><ind:yamlpath>${path.replace('&', '&amp;')}</ind:yamlpath></ind:yamlfilecontent_object>`,
    )
    const theirs = collectTheirs(documentOf(`<objects>${objects.join('')}</objects>`))
    for (const [at, [file, path, records]] of rows.entries()) {
      if (differs.has(`${file} ${path}`)) continue
      const { flag, items = [] } = theirs.get(`oval:plumbline.referee:obj:${at + 1}`) ?? {}
      const found = recordsOf(items).map(inAnyOrder)
      const referee = flag === 'error' ? 'error' : found.length === 0 ? 'none' : found
      const expected = typeof records === 'string' ? records : records.map(inAnyOrder)
      assert.deepEqual([file, path, referee], [file, path, expected])
    }
  }),
)

/** The referee keeps fields by the digest of their name, and prints six decimals. */
const inAnyOrder = (record: string): string =>
  record
    .split(/ (?=[^ ]+=)/)
    .map((field) => field.replace(/(\.\d*?)0+$/, '$1'))
    .sort()
    .join(' ')

function recordsOf(items: readonly Item[]): string[] {
  const values = items.flatMap(({ entities }) => entities.filter(({ name }) => name === 'value'))
  return values.map(({ fields = [] }) => fields.map(({ name, value }) => `${name}=${value}`).join(' '))
}

const objectOf = (entities: ResolvedObject['entities']): ResolvedObject => ({
  id: 'oval:test:obj:1',
  digest: '',
  testType: 'independent/yamlfilecontent',
  entities,
  behaviors: {},
  filters: [],
})

async function recordsAt(session: Session, file: string, path: string): Promise<string | string[]> {
  const object = objectOf([entity('filepath', file), entity('yamlpath', path)])
  try {
    const { flag, items } = await yamlfilecontent.collect(session, object, 1000)
    if (flag === 'error') return 'error'
    const records = recordsOf(items)
    return records.length === 0 ? 'none' : records
  } catch {
    return 'error'
  }
}

test(
  'YAML that stands in the object itself is read as the referee reads it, and no file',
  { skip: withoutReferee },
  () =>
    withFolder({}, async (session) => {
      const content = `{list: [1, 2], inner: "{deep: true}"}`
      const paths = ['.inner', '.list[:]', '.none', '.[']
      const object = (path: string, at: number) =>
        `<ind:yamlfilecontent_object id="oval:plumbline.referee:obj:${at + 1}" version="1"><ind:content>${content}</ind:content><ind:yamlpath>${path}</ind:yamlpath></ind:yamlfilecontent_object>`
      const theirs = collectTheirs(documentOf(`<objects>${paths.map(object).join('')}</objects>`))
      const plain = ({ entities }: Item) =>
        entities.map(({ name, value, fields = [] }) => [name, value, ...fields.map((field) => field.value)].join(' '))
      for (const [at, path] of paths.entries()) {
        const asked = [entity('content', content), entity('yamlpath', path)]
        const ours = await yamlfilecontent.collect(session, objectOf(asked), 1000).then(
          ({ items }) => items.map(plain),
          () => [],
        )
        const items = theirs.get(`oval:plumbline.referee:obj:${at + 1}`)?.items ?? []
        assert.deepEqual([path, ours], [path, items.map(plain)])
      }
    }),
)

test('a file that is no YAML is an error that names it, and others are still read', () =>
  withFolder({ 'a.yaml': 'k: 1\n', 'b.yaml': '{', 'c.yaml': 'a: *b\n' }, async (session, folder) => {
    const {
      flag,
      items,
      messages = [],
    } = await collectFrom(session, yamlfilecontent, [
      entity('path', folder),
      entity('filename', '.*', { operation: 'pattern match' }),
      entity('yamlpath', 'k'),
    ])
    assert.deepEqual([flag, items.length, messages.length], ['error', 1, 2])
    assert.match(messages.join('\n'), /b\.yaml on .*\n.*c\.yaml on /)
  }))

test(
  'a small file that stands for a huge one is refused at once, and so is a deep or a long one',
  { timeout: 20_000 },
  () => {
    const levels = Array.from({ length: 30 }, (_, at) => `a${at + 1}: &a${at + 1} [${`*a${at}, `.repeat(9)}]\n`)
    const hostile = {
      'bomb.yaml': `a0: &a0 [x]\n${levels.join('')}`,
      'loop.yaml': 'a: &a [*a, *a, *a]\n',
      'deep.yaml': '['.repeat(20_000),
      'deep.json': `${'['.repeat(20_000)}${']'.repeat(20_000)}`,
      'long.yaml': `a: ${'x'.repeat(3_000_000)}\n`,
    }
    return withFolder(hostile, async (session, folder) => {
      for (const file of Object.keys(hostile)) {
        const path =
          file === 'long.yaml' ? 'a' : file === 'bomb.yaml' ? `a30${'[:]'.repeat(30)}` : `a${'[:]'.repeat(30)}`
        const records = await recordsAt(session, `${folder}/${file}`, path)
        assert.equal(records, 'error', file)
      }
    })
  },
)
