import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { runOurs, runTheirs, skip } from './testing.ts'

const folder = mkdtempSync(join(tmpdir(), 'plumbline-oval-report-'))
after(() => rmSync(folder, { recursive: true }))

const definition = (number: number, kind: string, reference: string): string =>
  `<definition id="oval:x:def:${number}" version="1" class="${kind}"><metadata><title>Title ${number}</title><affected family="unix"/>${reference}<description>About &lt;${number}&gt;</description></metadata><criteria><criterion test_ref="oval:x:tst:${number}"/></criteria></definition>`

const variableTest = (number: number): string =>
  `<i:variable_test id="oval:x:tst:${number}" version="1" check="all" comment="test ${number}"><i:object object_ref="oval:x:obj:${number}"/><i:state state_ref="oval:x:ste:1"/></i:variable_test>`

const variableObject = (number: number): string =>
  `<i:variable_object id="oval:x:obj:${number}" version="1"><i:var_ref>oval:x:var:${number}</i:var_ref></i:variable_object>`

const definitions = join(folder, 'definitions.xml')
writeFileSync(
  definitions,
  `<oval_definitions xmlns="http://oval.mitre.org/XMLSchema/oval-definitions-5" xmlns:oval="http://oval.mitre.org/XMLSchema/oval-common-5" xmlns:i="http://oval.mitre.org/XMLSchema/oval-definitions-5#independent"><generator><oval:schema_version>5.11</oval:schema_version><oval:timestamp>2026-01-01T00:00:00</oval:timestamp></generator>
<definitions>${definition(1, 'compliance', '')}${definition(2, 'vulnerability', '<reference source="CVE" ref_id="CVE-2026-1" ref_url="https://example.org/CVE-2026-1"/><reference source="BAD" ref_id="bad" ref_url="javascript:alert(1)"/>')}${definition(3, 'patch', '')}</definitions>
<tests>${[1, 2, 3].map(variableTest).join('')}</tests><objects>${[1, 2, 3].map(variableObject).join('')}</objects>
<states><i:variable_state id="oval:x:ste:1" version="1"><i:value>yes</i:value></i:variable_state></states>
<variables><constant_variable id="oval:x:var:1" version="1" datatype="string" comment="one"><value>no</value></constant_variable><constant_variable id="oval:x:var:2" version="1" datatype="string" comment="two"><value>yes</value></constant_variable><external_variable id="oval:x:var:3" version="1" datatype="string" comment="three"/></variables>
</oval_definitions>`,
)
const variables = join(folder, 'variables.xml')
writeFileSync(
  variables,
  `<oval_variables xmlns="http://oval.mitre.org/XMLSchema/oval-variables-5" xmlns:oval="http://oval.mitre.org/XMLSchema/oval-common-5"><generator><oval:schema_version>5.11</oval:schema_version><oval:timestamp>2026-01-01T00:00:00</oval:timestamp></generator><variables><variable id="oval:x:var:3" datatype="string" comment="three"><value>yes</value></variable></variables></oval_variables>`,
)

/** Of each definition: id, badge and sentence; by id, as the referee writes them in an order of its own. */
const cards = (html: string) =>
  [
    ...html.matchAll(
      /<details class="rule [^"]*" id="([^"]+)">[\s\S]*?class="badge ([^"]+)">([^<]+)<[\s\S]*?class="why">([^<]*)</g,
    ),
  ]
    .map(([, ...parts]) => parts)
    .toSorted(([one = ''], [other = '']) => one.localeCompare(other))

const wanted = [
  ['oval_x_def_1', 'c-fail', 'false', 'False because the value “one” is no; expected yes.'],
  ['oval_x_def_2', 'c-fail', 'true', 'True because the value “two” is yes.'],
  ['oval_x_def_3', 'c-fail', 'true', 'True because the value “three” is yes.'],
]

test('oval eval writes a report of its results, which loads and runs nothing from elsewhere', async () => {
  const { status, stderr } = await runOurs(
    ['oval', 'eval', '--variables', variables, '--report', 'eval.html', '--results', 'ours.xml', definitions],
    folder,
  )
  assert.equal(status, 0, stderr)
  const html = readFileSync(join(folder, 'eval.html'), 'utf8')
  assert.deepEqual(cards(html), wanted)
  assert.match(html, /About &lt;1&gt;/)
  assert.match(html, /<a href="https:\/\/example.org\/CVE-2026-1"[^>]*>CVE CVE-2026-1</)
  assert.doesNotMatch(html, /javascript:|\bsrc=|<link\b|<img|<iframe/)
})

test('a report is made of results, of ours and of the referee’s', { skip }, async () => {
  const theirs = ['oval', 'eval', '--variables', variables, '--results', 'theirs.xml', definitions]
  assert.equal((await runTheirs(theirs, folder)).status, 0)
  for (const file of ['ours.xml', 'theirs.xml']) {
    const { status, stdout, stderr } = await runOurs(['oval', 'generate', 'report', file], folder)
    assert.equal(status, 0, stderr)
    assert.deepEqual(cards(stdout), wanted, file)
    const written = await runOurs(['oval', 'generate', 'report', '--output', 'report.html', file], folder)
    assert.deepEqual([written.status, written.stdout], [0, ''])
    assert.equal(readFileSync(join(folder, 'report.html'), 'utf8'), stdout)
  }
})

test('what the results say stands, though what they bring comes to something else or is not there', async () => {
  const results = readFileSync(join(folder, 'ours.xml'), 'utf8')
  const other = results.replace(/(definition_id="oval:x:def:1"[^>]*result=)"false"/, '$1"error"')
  assert.notEqual(other, results)
  const bare = results.replace(/<oval_definitions[\s\S]*<\/oval_definitions>/, '')
  writeFileSync(join(folder, 'other.xml'), other)
  writeFileSync(join(folder, 'bare.xml'), bare)
  const reports = await Promise.all(
    ['other.xml', 'bare.xml'].map((file) => runOurs(['oval', 'generate', 'report', file], folder)),
  )
  const [first, second] = reports.map(({ stdout }) => cards(stdout))
  assert.deepEqual(first, [['oval_x_def_1', 'c-error', 'error', ''], ...wanted.slice(1)])
  assert.deepEqual(
    second,
    wanted.map(([id, colour, result]) => [id, colour, result, '']),
  )
})

test('a variable may be named as what all objects have', async () => {
  const results = readFileSync(join(folder, 'ours.xml'), 'utf8')
  const names = ['__proto__', 'constructor', 'toString']
  const values = names.map((name) => `<tested_variable variable_id="${name}">x</tested_variable>`).join('')
  writeFileSync(join(folder, 'named.xml'), results.replace('</test>', `${values}</test>`))
  const { status, stdout, stderr } = await runOurs(['oval', 'generate', 'report', 'named.xml'], folder)
  assert.deepEqual([status, cards(stdout)], [0, wanted], stderr)
})

test('what is not OVAL results has no report', async () => {
  const { status, stdout, stderr } = await runOurs(['oval', 'generate', 'report', definitions], folder)
  assert.deepEqual([status, stdout], [1, ''])
  assert.match(stderr, /<oval_definitions> is not <oval_results>/)
})
