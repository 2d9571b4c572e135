import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { attribute, childText, descendants, readXml, type XmlElement } from '@plumbline/scap'
import { runBoth, runOurs, runTheirs, skip } from './testing.ts'

const folder = mkdtempSync(join(tmpdir(), 'plumbline-instances-'))
after(() => rmSync(folder, { recursive: true }))

const system = 'http://oval.mitre.org/XMLSchema/oval-definitions-5'
const at = (file: string): string => join(folder, file)

/** By rule: what it exports as the text that the file has to hold, and as the file's path. */
const rules = { good: ['right', 'first'], bad: ['wrong', 'first'], other: ['right', 'second'] } as const

/** One definition, asked with three sets of values: one in a state, one in an object. */
const documents: Readonly<Record<string, string>> = {
  'benchmark.xml': `<Benchmark xmlns="http://checklists.nist.gov/xccdf/1.2" id="xccdf_x_benchmark_b"><status>draft</status><version>1</version>
${['right', 'wrong'].map((text) => `<Value id="xccdf_x_value_${text}" type="string"><value>${text}</value></Value>`).join('\n')}
${['first', 'second'].map((file) => `<Value id="xccdf_x_value_${file}" type="string"><value>${at(file)}</value></Value>`).join('\n')}
${Object.entries(rules)
  .map(
    ([name, [text, file]]) =>
      `<Rule id="xccdf_x_rule_${name}" selected="true"><title>${name}</title><check system="${system}"><check-export value-id="xccdf_x_value_${text}" export-name="oval:x:var:1"/><check-export value-id="xccdf_x_value_${file}" export-name="oval:x:var:2"/><check-content-ref href="o.xml" name="oval:x:def:1"/></check></Rule>`,
  )
  .join('\n')}
</Benchmark>`,
  'o.xml': `<oval_definitions xmlns="${system}" xmlns:oval="http://oval.mitre.org/XMLSchema/oval-common-5" xmlns:i="${system}#independent"><generator><oval:schema_version>5.11</oval:schema_version><oval:timestamp>2026-01-01T00:00:00</oval:timestamp></generator>
<definitions><definition id="oval:x:def:1" version="1" class="compliance"><metadata><title>t</title><affected family="unix"/><description>d</description></metadata><criteria><criterion test_ref="oval:x:tst:1"/></criteria></definition></definitions>
<tests><i:textfilecontent54_test id="oval:x:tst:1" version="1" check="all" comment="the file holds the text"><i:object object_ref="oval:x:obj:1"/><i:state state_ref="oval:x:ste:1"/></i:textfilecontent54_test></tests>
<objects><i:textfilecontent54_object id="oval:x:obj:1" version="1"><i:filepath var_ref="oval:x:var:2"/><i:pattern operation="pattern match">^(\\w+) is in</i:pattern><i:instance datatype="int">1</i:instance></i:textfilecontent54_object></objects>
<states><i:textfilecontent54_state id="oval:x:ste:1" version="1"><i:subexpression var_ref="oval:x:var:1"/></i:textfilecontent54_state></states>
<variables>${[1, 2].map((number) => `\n<external_variable id="oval:x:var:${number}" version="1" datatype="string" comment="v"/>`).join('')}
</variables></oval_definitions>`,
}
const results = ['right is in one', 'wrong is in two']

const named = (root: XmlElement, name: string): XmlElement[] =>
  [...descendants(root)].filter((element) => element.name === name)
const readFile = (side: string, name: string): XmlElement => readXml(readFileSync(join(folder, side, name)), name)

/** What each test of a file of results was asked for, and what it came to. */
const judged = (root: XmlElement): string[] =>
  named(root, 'test')
    .filter((one) => attribute(one, 'test_id') !== undefined)
    .map((one) => {
      const values = named(one, 'tested_variable').map(({ text }) => text)
      return [attribute(one, 'variable_instance') ?? '1', attribute(one, 'result'), ...values.toSorted()].join(' ')
    })
    .toSorted()

describe('one document, asked with several sets of values', { skip }, () => {
  before(async () => {
    writeFileSync(at('first'), `${results[0]}\n`)
    writeFileSync(at('second'), `${results[1]}\n`)
    for (const side of ['ours', 'theirs']) {
      mkdirSync(join(folder, side))
      for (const [name, text] of Object.entries(documents)) writeFileSync(join(folder, side, name), text)
    }
    const words = ['xccdf', 'eval', '--oval-results', '--results-arf', 'arf.xml', 'benchmark.xml']
    const { ours, theirs } = await runBoth(words, folder)
    assert.deepEqual([ours.status, theirs.status], [2, 2], ours.stderr + theirs.stderr)
  })

  test('has one file of results, with an instance for each', () => {
    assert.deepEqual(readdirSync(join(folder, 'ours')), readdirSync(join(folder, 'theirs')))
    const [ours, theirs] = ['ours', 'theirs'].map((side) => readFile(side, 'o.xml.result.xml'))
    assert.deepEqual(judged(ours!), judged(theirs!))
    assert.deepEqual(
      judged(ours!).map((one) => one.split(' ').slice(0, 2).join(' ')),
      ['1 true', '2 false', '3 false'],
    )
  })

  test('is valid, alone and in an asset report, which the referee reads', async () => {
    for (const words of [
      ['oval', 'validate', '--results', '--schematron', 'o.xml.result.xml'],
      ['ds', 'rds-validate', 'arf.xml'],
      ['xccdf', 'generate', 'report', '--output', 'theirs.html', 'arf.xml'],
    ]) {
      const { status, stdout, stderr } = await runTheirs(words, join(folder, 'ours'))
      assert.equal(status, 0, stdout + stderr)
    }
    assert.equal(named(readFile('ours', 'arf.xml'), 'oval_results').length, 1)
  })

  test('is explained by what was collected for each, whoever wrote it', async () => {
    for (const side of ['ours', 'theirs']) {
      const page = await runOurs(['xccdf', 'generate', 'report', 'arf.xml'], join(folder, side))
      assert.equal(page.status, 0, page.stderr)
      const sentences = [...page.stdout.matchAll(/class="why">([^<]*)</g)].map(([, sentence = '']) => sentence)
      assert.deepEqual(
        sentences.toSorted((one, other) => one.localeCompare(other)),
        [
          `Failed because text of ${at('first')} reads “right is in”; expected wrong.`,
          `Failed because text of ${at('second')} reads “wrong is in”; expected right.`,
          `Passed because text of ${at('first')} reads “right is in”.`,
        ],
        side,
      )
      const oval = await runOurs(['oval', 'generate', 'report', 'o.xml.result.xml'], join(folder, side))
      assert.equal(oval.status, 0, oval.stderr)
      assert.equal([...oval.stdout.matchAll(/class="why">(True|False) because/g)].length, 3, side)
    }
  })

  test('each rule has the result of its own values', () => {
    const root = readFile('ours', 'arf.xml')
    const outcomes = named(root, 'rule-result').map((one) => [attribute(one, 'idref'), childText(one, 'result')])
    assert.deepEqual(outcomes, [
      ['xccdf_x_rule_good', 'pass'],
      ['xccdf_x_rule_bad', 'fail'],
      ['xccdf_x_rule_other', 'fail'],
    ])
  })
})
