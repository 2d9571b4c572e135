import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ContentError, readXml, type XmlElement } from '@plumbline/scap'
import fc from 'fast-check'
import { SaxesParser } from 'saxes'

/** Another reader as referee: the events of a document, text joined; undefined for what is not well-formed. */
function bySaxes(text: string): unknown[] | undefined {
  const events: unknown[] = []
  const addText = (data: string): void => {
    const last = events.at(-1)
    if (typeof last === 'string') events[events.length - 1] = last + data
    else if (data !== '') events.push(data)
  }
  let depth = 0
  const parser = new SaxesParser({ xmlns: true })
  parser.on('error', (error) => {
    throw error
  })
  parser.on('doctype', () => {
    throw new Error('doctype')
  })
  parser.on('opentag', ({ local, uri, attributes }) => {
    depth += 1
    const given = Object.values(attributes)
      .filter((one) => one.uri !== 'http://www.w3.org/2000/xmlns/')
      .map((one) => [one.local, one.uri, one.value])
    events.push([local, uri, given])
  })
  parser.on('closetag', () => {
    depth -= 1
    events.push(null)
  })
  parser.on('text', (data) => depth > 0 && addText(data))
  parser.on('cdata', (data) => addText(data))
  try {
    parser.write(text).close()
    return events
  } catch {
    return undefined
  }
}

function byUs(text: string, pieces: number): unknown[] | undefined {
  const events: unknown[] = []
  const visit = ({ name, namespace, attributes, content }: XmlElement): void => {
    events.push([name, namespace, attributes.map((one) => [one.name, one.namespace, one.value])])
    for (const part of content) {
      if (typeof part === 'string') events.push(part)
      else visit(part)
    }
    events.push(null)
  }
  try {
    visit(readXml(pieces === 0 ? text : Buffer.from(text), 'fuzz.xml'))
    return events
  } catch (error) {
    assert.ok(error instanceof ContentError, `not a refusal: ${String(error)}`)
    assert.ok((error.line ?? 1) >= 1 && (error.column ?? 1) >= 1)
    return undefined
  }
}

const part = fc.constantFrom(
  ...['<a>', '</a>', '<a/>', '<b x="1">', '</b>', '<p:a xmlns:p="u" p:x="1" x="2">', '</p:a>', '<a xmlns="v">'],
  ...['text', ' ', '\n', '\r\n', '\r', '\t', '&amp;', '&lt;', '&#65;', '&#x1F600;', '&#0;', '&nope;', '&', '&#xD;'],
  ...[
    '<!-- c -->',
    '<!-- -- -->',
    '<![CDATA[ <x> & ]]>',
    ']]>',
    ']]',
    '<?pi data?>',
    '<?xml version="1.0"?>',
    '<!',
    '<',
  ],
  ...['<a x="1" x="2"/>', '<a x=1/>', "<a x='1\n\t2'/>", '<a x="&quot;&#10;"/>', '<a x="<"/>', '<a x="1"y="2"/>'],
  ...[
    '<é/>',
    '<1/>',
    '<a:b:c/>',
    '<q:a/>',
    '<a xmlns:q=""/>',
    '<a xml:lang="en"/>',
    '<a xmlns:xml="w"/>',
    '\u0001',
    '😀',
  ],
  ...['<a', '>', '/>', '"', '=', 'x="1"', '</a >', '</ a>', '< a>', '<a >', '<a x = "1"/>', '<?xml', '?>', '-->'],
)

test('accepts what another reader accepts, and reads the same', () => {
  let accepted = 0
  const text = fc.array(part, { maxLength: 12 }).map((parts) => parts.join(''))
  const either = fc.oneof(
    text,
    text.map((inner) => `<r>${inner}</r>`),
    text.map((inner) => `<r><a>${inner}</a></r>`),
  )
  fc.assert(
    fc.property(either, (document) => {
      const referee = bySaxes(document)
      accepted += referee === undefined ? 0 : 1
      assert.deepEqual(byUs(document, 0), referee)
      assert.deepEqual(byUs(document, 1), referee)
    }),
    { numRuns: 20_000 },
  )
  assert.ok(accepted > 500, `only ${accepted} documents were well-formed`)
})

test('a document that is cut or damaged anywhere is read or refused, never anything else', () => {
  const whole =
    '<?xml version="1.0" encoding="UTF-8"?><r xmlns:p="u"><p:a x="1 &amp; 2"><!-- c --><![CDATA[x]]></p:a>é</r>\n'
  for (let at = 0; at <= whole.length; at += 1) {
    assert.deepEqual(byUs(whole.slice(0, at), 1), bySaxes(whole.slice(0, at)), whole.slice(0, at))
    for (const put of ['<', '&', '>', '"', '\0', '=', 'é']) {
      const damaged = whole.slice(0, at) + put + whole.slice(at + 1)
      assert.deepEqual(byUs(damaged, 0), bySaxes(damaged), damaged)
    }
  }
})
