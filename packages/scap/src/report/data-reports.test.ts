import assert from 'node:assert/strict'
import { basename } from 'node:path'
import { test } from 'node:test'
import { contextualizeEvaluation, convertFile } from 'inspecjs'
import { attribute, child, childrenNamed } from '../xml/element.ts'
import { readXml } from '../xml/read.ts'
import { countOutcomes } from './counts.ts'
import { csvCell, csvReport } from './csv.ts'
import { selectedRules } from './input.ts'
import { jsonReport } from './json.ts'
import { writeJunit } from './junit.ts'
import { ohdfReport } from './ohdf.ts'
import { exampleInput, streams } from './testing.ts'

for (const [stream, profile] of streams) {
  const name = `${basename(stream)}, ${profile}`
  const input = exampleInput(stream, profile)
  const rules = selectedRules(input.result)

  test(`JSON has every selected rule with its verdict, reason and trace: ${name}`, () => {
    const report = JSON.parse(JSON.stringify(jsonReport(input))) as ReturnType<typeof jsonReport>
    assert.deepEqual(
      report.rules.map(({ id, result }) => [id, result]),
      rules.map(({ ruleId, result }) => [ruleId, result]),
    )
    assert.deepEqual(report.counts, countOutcomes(rules))
    assert.ok(report.rules.every(({ why, trace }) => why !== '' && trace !== undefined))
    assert.deepEqual([report.asset.name, report.startTime], ['web-3.example.org', '2026-02-03T04:05:00.000Z'])
    const lean = jsonReport(input, { withTraces: false })
    assert.ok(lean.rules.every((rule) => !('trace' in rule)))
  })

  test(`CSV has a line per rule and as many cells in each: ${name}`, () => {
    const rows = parseCsv(csvReport(input))
    assert.equal(rows.length, rules.length + 1)
    assert.ok(rows.every((row) => row.length === rows[0]?.length))
    assert.deepEqual(
      rows.slice(1).map((row) => [row[4], row[6]]),
      rules.map(({ ruleId, result }) => [ruleId, result]),
    )
  })

  test(`JUnit counts agree with its cases: ${name}`, () => {
    const chunks: string[] = []
    writeJunit((chunk) => chunks.push(chunk), input)
    const root = readXml(Buffer.from(chunks.join('')), 'junit.xml')
    const suite = child(root, 'testsuite')!
    const cases = childrenNamed(suite, 'testcase')
    const having = (part: string) => String(cases.filter((one) => child(one, part) !== undefined).length)
    assert.equal(attribute(suite, 'tests'), String(rules.length))
    assert.equal(attribute(suite, 'failures'), having('failure'))
    assert.equal(attribute(suite, 'errors'), having('error'))
    assert.equal(attribute(suite, 'skipped'), having('skipped'))
    assert.equal(having('failure'), String(rules.filter(({ result }) => result === 'fail').length))
  })

  test(`the reader of the OHDF family takes the report and tells the verdicts as we do: ${name}`, () => {
    const converted = convertFile(JSON.stringify(ohdfReport(input)), true)
    const evaluation = converted['1_0_ExecJson']
    assert.ok(evaluation !== undefined, JSON.stringify(converted.errors))
    const controls = contextualizeEvaluation(evaluation).contains.flatMap(({ contains }) => contains)
    const words: Record<string, string> = {
      pass: 'Passed',
      fixed: 'Passed',
      fail: 'Failed',
      notapplicable: 'Not Applicable',
      notchecked: 'Not Reviewed',
      informational: 'Not Reviewed',
      error: 'Profile Error',
      unknown: 'Profile Error',
    }
    assert.deepEqual(
      controls.map((control) => [control.data.id, control.hdf.status]),
      rules.map(({ ruleId, result }) => [ruleId, words[result]]),
    )
  })
}

test('a cell never begins like a formula', () => {
  for (const [text, cell] of [
    ['=HYPERLINK("http://x")', '"\'=HYPERLINK(""http://x"")"'],
    ['+1', "'+1"],
    ['-1', "'-1"],
    ['@SUM(A1)', "'@SUM(A1)"],
    ['\t=1', "'\t=1"],
    [' =1', "' =1"],
    ['\r\n=1', '"\'\r\n=1"'],
    ['plain, text', '"plain, text"'],
    ['plain', 'plain'],
  ] as const) {
    assert.equal(csvCell(text), cell)
  }
})

/** RFC 4180, enough to read back what was written. */
function parseCsv(text: string): string[][] {
  const rows: string[][] = []
  let row: string[] = []
  for (const [, quoted, plain, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/g)) {
    row.push(quoted === undefined ? (plain ?? '') : quoted.replaceAll('""', '"'))
    if (end === ',') continue
    rows.push(row)
    row = []
  }
  return rows
}
