import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ContentError } from '../errors.ts'
import { attribute, child, deepText } from './element.ts'
import type { XmlElement } from './element.ts'
import { readXml, readXmlAside } from './read.ts'
import { writeXml } from './write.ts'

test('names are local, namespaces resolved, places counted from one', () => {
  const root = readXml('<a xmlns="urn:a"\n xmlns:b="urn:b" b:x="1">\n  <b:c y="2">t</b:c></a>', 'a.xml')
  assert.deepEqual(root, {
    name: 'a',
    namespace: 'urn:a',
    attributes: [{ name: 'x', namespace: 'urn:b', value: '1' }],
    content: ['\n  ', root.children[0]],
    children: [
      {
        name: 'c',
        namespace: 'urn:b',
        attributes: [{ name: 'y', namespace: '', value: '2' }],
        content: ['t'],
        children: [],
        text: 't',
        file: 'a.xml',
        line: 3,
        column: 3,
      },
    ],
    text: '\n  ',
    file: 'a.xml',
    line: 1,
    column: 1,
  })
})

test('a document that is read aside is the same, and others go on meanwhile', async () => {
  const document = `<a>${'<b c="d">e</b>'.repeat(20_000)}</a>`
  let turns = 0
  const others = setInterval(() => (turns += 1), 0)
  try {
    assert.deepEqual(await readXmlAside(document, 'a.xml'), readXml(document, 'a.xml'))
    assert.ok(turns > 1)
  } finally {
    clearInterval(others)
  }
  await assert.rejects(readXmlAside('<a><b></a>', 'a.xml'), ContentError)
})

test('mixed content keeps its order', () => {
  const root = readXml('<p>one<b>two</b><![CDATA[ & ]]><i>three</i>\n</p>', 'p.xml')
  assert.equal(deepText(root), 'onetwo & three\n')
  assert.equal(root.text, 'one & \n')
})

test('an attribute may be named like a property of every object', () => {
  const root = readXml('<a __proto__="1" constructor="2"/>', 'a.xml')
  assert.deepEqual(
    [attribute(root, '__proto__'), attribute(root, 'constructor'), attribute(root, 'toString')],
    ['1', '2', undefined],
  )
})

const ENCODED: readonly (readonly [string, Uint8Array])[] = [
  ['UTF-8', Buffer.from('<a>é€</a>')],
  ['UTF-8 with a byte order mark', Buffer.from('\uFEFF<a>é€</a>')],
  ['UTF-16 little endian', Buffer.from('\uFEFF<a>é€</a>', 'utf16le')],
  ['UTF-16 big endian', Buffer.from('\uFEFF<a>é€</a>', 'utf16le').swap16()],
  ['UTF-16 without a mark', Buffer.from('<a>é€</a>', 'utf16le')],
]
for (const [name, bytes] of ENCODED) {
  test(`reads ${name}`, () => assert.equal(readXml(bytes, 'a.xml').text, 'é€'))
}

test('reads Latin-1 as declared', () => {
  const bytes = Buffer.from('<?xml version="1.0" encoding="ISO-8859-1"?><a>\xe9\x85</a>', 'latin1')
  assert.equal(readXml(bytes, 'a.xml').text, 'é\x85')
})

test('text longer than a decoding chunk is joined', () => {
  const text = '€x'.repeat(60_000)
  assert.equal(readXml(Buffer.from(`<a>${text}</a>`), 'a.xml').text, text)
})

const bomb = '<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]>\n<a>&b;</a>'
const HOSTILE: readonly (readonly [what: string, input: string | Uint8Array, code: string, place: string])[] = [
  ['an entity bomb', bomb, 'xml-has-doctype', '1:1'],
  ['an external entity', '<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>', 'xml-has-doctype', '1:1'],
  ['an undefined entity', '<a>\n&nope;</a>', 'xml-not-well-formed', '2:1'],
  ['deep nesting', '<a>'.repeat(200_000), 'xml-too-deep', '1:769'],
  [
    'many attributes',
    `<a ${Array.from({ length: 300 }, (_, i) => `a${i}=""`).join(' ')}/>`,
    'xml-too-many-attributes',
    '1:1942',
  ],
  ['a tag that is not closed', '<a><b></a>', 'xml-not-well-formed', '1:7'],
  ['an attribute twice', '<a b="1" b="2"/>', 'xml-not-well-formed', '1:10'],
  [
    'an attribute twice under two prefixes',
    '<a xmlns:x="u" xmlns:y="u" x:b="1" y:b="2"/>',
    'xml-not-well-formed',
    '1:36',
  ],
  ['a prefix that is not declared', '<x:a/>', 'xml-not-well-formed', '1:1'],
  ['two roots', '<a/><b/>', 'xml-not-well-formed', '1:5'],
  ['text after the root', '<a/>text', 'xml-not-well-formed', '1:5'],
  ['nothing', '', 'xml-not-well-formed', '1:1'],
  ['a character that is not XML', '<a>\0</a>', 'xml-not-well-formed', '1:4'],
  ['bytes that are not UTF-8', Buffer.from([0x3c, 0x61, 0x3e, 0xff, 0x3c, 0x2f, 0x61, 0x3e]), 'xml-encoding', ':'],
  ['an encoding we do not know', Buffer.from('<?xml version="1.0" encoding="EBCDIC-X"?><a/>'), 'xml-encoding', '1:1'],
  [
    'an encoding named like an object property',
    Buffer.from('<?xml version="1.0" encoding="constructor"?><a/>'),
    'xml-encoding',
    '1:1',
  ],
]
for (const [what, input, code, place] of HOSTILE) {
  test(`refuses ${what}`, () => {
    assert.throws(
      () => readXml(input, 'bad.xml'),
      (error: unknown) => {
        assert.ok(error instanceof ContentError)
        assert.deepEqual(
          [error.code, error.file, `${error.line ?? ''}:${error.column ?? ''}`],
          [code, 'bad.xml', place],
        )
        return true
      },
    )
  })
}

test('a document over the size limit is refused before it is read', () => {
  assert.throws(() => readXml('<a/>', 'a.xml', { maxBytes: 3 }), { code: 'xml-too-large' })
})

const name = fc.stringMatching(/^[a-z][a-z0-9_.-]{0,6}$/)
// What XML 1.0 can hold, but a bare carriage return is normalised in nothing we write.
const text = fc
  .string({ unit: 'grapheme' })
  .map((value) => value.replace(/[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g, ''))
interface Tree {
  name: string
  attributes: Record<string, string>
  content: (Tree | string)[]
}
const { tree } = fc.letrec<{ tree: Tree }>((tie) => ({
  tree: fc.record({
    name,
    attributes: fc.dictionary(name, text, { maxKeys: 3, noNullPrototype: true }),
    content: fc.array(fc.oneof({ depthSize: 'small' }, text, tie('tree')), { maxLength: 4 }),
  }),
}))

function normal(from: XmlElement): Tree {
  return {
    name: from.name,
    attributes: Object.fromEntries(from.attributes.map(({ name: key, value }) => [key, value])),
    content: from.content.map((part) => (typeof part === 'string' ? part : normal(part))),
  }
}

test('what the writer writes, the reader reads', () => {
  fc.assert(
    fc.property(tree, (written) => {
      // Text that stands before every element keeps the writer from indenting.
      const marked = (node: Tree): Tree => ({
        ...node,
        content: ['|', ...node.content.map((part) => (typeof part === 'string' ? part : marked(part)))],
      })
      const expected = marked(written)
      const xml = writeXml((writer) => {
        const put = (node: Tree) => {
          writer.open(node.name, node.attributes)
          for (const part of node.content) {
            if (typeof part === 'string') writer.text(part)
            else put(part)
          }
          writer.close()
        }
        put(expected)
      })
      const joined = (node: Tree): Tree => ({
        ...node,
        content: node.content.reduce<(Tree | string)[]>((parts, part) => {
          const last = parts.at(-1)
          if (typeof part !== 'string') parts.push(joined(part))
          else if (typeof last === 'string') parts[parts.length - 1] = last + part
          else if (part !== '') parts.push(part)
          return parts
        }, []),
      })
      assert.deepEqual(normal(readXml(xml, 'written.xml')), joined(expected))
    }),
    { numRuns: 300 },
  )
})

test('the writer indents elements, and nothing beside text', () => {
  const xml = writeXml((writer) =>
    writer
      .open('a', { b: '<"\n' })
      .element('empty')
      .open('mixed')
      .text('1 < 2 & ')
      .element('i', {}, 'x')
      .close()
      .close(),
  )
  assert.equal(
    xml,
    '<?xml version="1.0" encoding="UTF-8"?>\n<a b="&lt;&quot;&#10;">\n  <empty/>\n  <mixed>1 &lt; 2 &amp; <i>x</i></mixed>\n</a>\n',
  )
})

test('a character that XML cannot hold is written as U+FFFD', () => {
  const xml = writeXml((writer) => writer.element('a', { b: '\0' }, '\ud800x\u0001'))
  assert.equal(child(readXml(`<r>${xml.split('\n')[1]}</r>`, 'a.xml'), 'a')?.text, '\ufffdx\ufffd')
})
