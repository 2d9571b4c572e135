import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { after, test } from 'node:test'
import { attribute, childrenNamed, childText, descendants } from '../xml/element.ts'
import { readXml } from '../xml/read.ts'
import { writeElement } from '../xml/write-element.ts'
import { writeXml, type XmlSink } from '../xml/write.ts'
import { writeArf } from './arf.ts'
import { instancesByDocument, resultFileNames, writeDocumentResults } from './oval-results.ts'
import { exampleInput, refereeComplaints, refereeSkip, streams } from './testing.ts'
import { writeXccdfResults } from './test-result.ts'

const skip = refereeSkip()
const folder = mkdtempSync(join(tmpdir(), 'plumbline-reports-'))
after(() => rmSync(folder, { recursive: true }))

function save(name: string, write: (sink: XmlSink) => void): string {
  const chunks: string[] = []
  write((chunk) => chunks.push(chunk))
  const path = join(folder, name)
  writeFileSync(path, chunks.join(''))
  return path
}

for (const [stream, profile] of streams) {
  const name = `${basename(stream)}, ${profile}`
  const input = exampleInput(stream, profile)

  test(`XCCDF results are the benchmark with a TestResult, valid by schema and Schematron: ${name}`, { skip }, () => {
    const path = save(`${profile}.xccdf.xml`, (sink) => writeXccdfResults(sink, input))
    assert.equal(refereeComplaints('xccdf', 'validate', path), '')
    assert.equal(refereeComplaints('xccdf', 'validate', '--skip-schematron', path), '')
  })

  test(`XCCDF results say of every rule what was found: ${name}`, () => {
    const chunks: string[] = []
    writeXccdfResults((chunk) => chunks.push(chunk), input)
    const root = readXml(Buffer.from(chunks.join('')), 'results.xml')
    const [testResult] = childrenNamed(root, 'TestResult')
    const written = childrenNamed(testResult!, 'rule-result').map((one) => [
      attribute(one, 'idref'),
      childText(one, 'result'),
    ])
    assert.deepEqual(
      written,
      input.result.rules.map(({ ruleId, result }) => [ruleId, result]),
    )
    assert.ok(new Set(written.map(([, result]) => result)).size >= 3, 'the example has several kinds of verdicts')
  })

  test(`OVAL results of every document are valid, by Schematron too: ${name}`, { skip }, () => {
    for (const [instances, file] of resultFileNames(instancesByDocument(input.result.documents))) {
      const path = save(file, (sink) => writeDocumentResults(sink, input, instances))
      assert.equal(refereeComplaints('oval', 'validate', '--results', path), '')
    }
  })

  test(`an asset report is valid and holds asset, content and all results: ${name}`, { skip }, () => {
    const path = save(`${profile}.arf.xml`, (sink) => writeArf(sink, input))
    assert.equal(refereeComplaints('ds', 'rds-validate', path), '')
    const chunks: string[] = []
    writeArf((chunk) => chunks.push(chunk), input)
    const root = readXml(Buffer.from(chunks.join('')), 'arf.xml')
    const count = (element: string) => [...descendants(root)].filter((one) => one.name === element).length
    assert.equal(count('report'), 1 + instancesByDocument(input.result.documents).length)
    assert.equal(count('data-stream-collection'), 1)
    // The referee renders it, so it understands it.
    assert.equal(refereeComplaints('xccdf', 'generate', 'report', '--output', `${path}.html`, path), '')
  })
}

test('an asset report holds the content as it came, comments and all, or put together anew', () => {
  const input = exampleInput(...streams[0]!)
  const { root } = input.source!
  const written = readFileSync(streams[0]![0], 'utf8').replace(/^<\?xml.*?\?>\s*/, '')
  const inLatin1 = `\n<!-- \u00e9 -->${written}`.replace(/[^\0-\xff]/g, (letter) => `&#${letter.codePointAt(0)};`)
  const contentOf = (bytes: Uint8Array | undefined): { readonly report: string; readonly content: string } => {
    const chunks: string[] = []
    writeArf((chunk) => chunks.push(chunk), { ...input, source: { ...input.source!, bytes } })
    const report = chunks.join('')
    const found = [...descendants(readXml(report, 'arf.xml'))].find(({ name }) => name === root.name)
    return { report, content: writeXml((writer) => writeElement(writer, found!)) }
  }
  const asItCame = contentOf(Buffer.from(`\ufeff<?xml version="1.0"\n encoding="UTF-8"?>\r\n${written}`))
  const expected = contentOf(undefined).content
  assert.equal(asItCame.content, expected)
  assert.ok(asItCame.report.includes(written.trim()))
  const latin1 = contentOf(Buffer.from(`<?xml version="1.0" encoding="ISO-8859-1"?>${inLatin1}`, 'latin1'))
  assert.equal(latin1.content, expected)
  assert.ok(latin1.report.includes('<!-- é -->'))
})

test('without the source, results stand alone and are valid', { skip }, () => {
  const { source: _, ...input } = exampleInput(...streams[0]!)
  const path = save('alone.xml', (sink) => writeXccdfResults(sink, input))
  assert.equal(refereeComplaints('xccdf', 'validate', '--skip-schematron', path), '')
})
