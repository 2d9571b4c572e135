import assert from 'node:assert/strict'
import { test } from 'node:test'
import { collectFrom, entity, pattern, withFolder } from '../testing.ts'
import { xmlfilecontent } from './xmlfilecontent.ts'

const inNamespaces =
  '<r xmlns="urn:x:r" xmlns:p="urn:x:p" xml:lang="en"><p:a p:x="1">one</p:a><a x="2"><![CDATA[<two>]]></a><!-- no --></r>'
const document = '<r><a x="1">one</a><a x="2"> two <b>deep</b></a><e/></r>'

/** The expression, and what the referee says of it: the values, none of them, or no item. */
const rows: readonly (readonly [xpath: string, values: string | readonly string[] | undefined | null])[] = [
  ['/r/a/text()', ['one', ' two ']],
  ['/r/a/@x', ['1', '2']],
  ['/r/a', undefined],
  ['/r/a/@x | /r/e', ['1', '2']],
  ['count(/r/a)', '2'],
  ['string(/r/a)', 'one'],
  ['boolean(/r/a)', 'true'],
  ['1 div 0', '-2147483648'],
  ['/r/none', null],
]

/** The referee overlooks namespaces, and a prefix is none to it. */
const rowsInNamespaces: typeof rows = [
  ['/r/a/text()', ['one', '<two>']],
  ['/r/a/@x', ['1', '2']],
  ['/r/@lang', 'en'],
  ['count(//node())', '5'],
]

/** Nor is there anything but elements and text to it; what the document's own entities stand for is in attributes alone. */
const mixed = '<r a="p&e;q">a<!-- c -->b<?pi x?>c<![CDATA[d]]>&e;e&#65;&amp;<q> </q>&f;</r>'
const ownEntities = '<!DOCTYPE r [<!ENTITY e "X"><!ENTITY f "<b>in</b>">]>'
const rowsOfMixed: typeof rows = [
  ['/r/text()', 'abcdeA&'],
  ['//text()', ['abcdeA&', ' ']],
  ['string(/r)', 'abcdeA& '],
  ['count(//node())', '4'],
  ['//comment() | //processing-instruction() | //b', null],
  ['/r/@a', 'pXq'],
]

for (const [xpath, values, text] of [
  ...rows.map((row) => [...row, document] as const),
  ...rowsInNamespaces.map((row) => [...row, inNamespaces] as const),
  ...rowsOfMixed.flatMap((row) => [
    [...row, `${ownEntities}${mixed}`] as const,
    [...row, `<?xml version="1.0"?>\n${ownEntities}${mixed.replace('<r ', '<r xmlns="urn:x:r" ')}`] as const,
  ]),
  ['/r/text()', 'ab', '<?xml version="1.0" encoding="UTF-8"?><r>a<!-- c -->b</r>'] as const,
]) {
  test(`${xpath} finds what the referee finds`, () =>
    withFolder({ 'a.xml': text }, async (session, folder) => {
      const { items } = await collectFrom(session, xmlfilecontent, [
        entity('filepath', `${folder}/a.xml`),
        entity('xpath', xpath),
      ])
      assert.deepEqual(items.length, values === null ? 0 : 1)
      if (values !== null) assert.deepEqual(items[0]?.['value_of'], values)
    }))
}

test('a file that is no XML, and an expression that is none, are errors that name them', () =>
  withFolder({ 'a.xml': document, 'b.xml': 'text' }, async (session, folder) => {
    const some = await collectFrom(session, xmlfilecontent, [
      entity('path', folder),
      pattern('filename', '.*'),
      entity('xpath', '/r/a/@x'),
    ])
    assert.deepEqual([some.flag, some.items.length], ['error', 1])
    assert.match(some.messages?.[0] ?? '', /b\.xml/)
    const none = await collectFrom(session, xmlfilecontent, [
      entity('filepath', `${folder}/a.xml`),
      entity('xpath', 'not valid (('),
    ])
    assert.equal(none.flag, 'error')
  }))

test('entities are not resolved', () =>
  withFolder({ 'a.xml': '<!DOCTYPE r [<!ENTITY x SYSTEM "/etc/passwd">]><r>&x;</r>' }, async (session, folder) => {
    const { items } = await collectFrom(session, xmlfilecontent, [
      entity('filepath', `${folder}/a.xml`),
      entity('xpath', 'string(/r)'),
    ])
    assert.doesNotMatch(JSON.stringify(items), /root:/)
  }))
