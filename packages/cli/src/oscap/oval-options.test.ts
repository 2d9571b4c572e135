import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { after, test } from 'node:test'
import { attribute, childrenNamed, descendants, readXml } from '@plumbline/scap'
import { runOurs, runTheirs, skip } from './testing.ts'

const folder = mkdtempSync(join(tmpdir(), 'plumbline-oval-options-'))
after(() => rmSync(folder, { recursive: true }))

const system = 'http://oval.mitre.org/XMLSchema/oval-definitions-5'
const common = 'http://oval.mitre.org/XMLSchema/oval-common-5'
const generator =
  '<generator><oval:schema_version>5.11</oval:schema_version><oval:timestamp>2026-01-01T00:00:00</oval:timestamp></generator>'
const definition = (number: number): string =>
  `<definition id="oval:x:def:${number}" version="1" class="compliance"><metadata><title>T</title><affected family="unix"/><description>D</description></metadata><criteria><criterion test_ref="oval:x:tst:${number}"/></criteria></definition>`
const familyTest = (number: number): string =>
  `<i:family_test id="oval:x:tst:${number}" version="1" check="all" comment="t"><i:object object_ref="oval:x:obj:1"/><i:state state_ref="oval:x:ste:${number}"/></i:family_test>`
const variable = (number: number): string =>
  `<external_variable id="oval:x:var:${number}" version="1" datatype="string" comment="c"/>`
const state = (number: number): string =>
  `<i:family_state id="oval:x:ste:${number}" version="1"><i:family var_ref="oval:x:var:${number}" var_check="at least one"/></i:family_state>`
/** On lines of their own: the referee overlooks elements that follow each other immediately. */
const numbered = (write: (number: number) => string): string => [1, 2, 3].map(write).join('\n')
const oval = `<oval_definitions xmlns="${system}" xmlns:oval="${common}" xmlns:i="${system}#independent">${generator}<definitions>${numbered(definition)}</definitions><tests>${numbered(familyTest)}</tests><objects><i:family_object id="oval:x:obj:1" version="1"/></objects><states>${numbered(state)}</states><variables>${numbered(variable)}</variables></oval_definitions>`
const values = (number: number, ...texts: string[]): string =>
  `<variable id="oval:x:var:${number}" datatype="string" comment="c">${texts.map((text) => `<value>${text}</value>`).join('')}</variable>`
/** One that holds, one that does not, and none for the third. */
const variables = `<oval_variables xmlns="http://oval.mitre.org/XMLSchema/oval-variables-5" xmlns:oval="${common}">${generator}<variables>${values(1, 'windows', 'unix')}\n${values(2, 'macos')}</variables></oval_variables>`
const directives = `<oval_directives xmlns="http://oval.mitre.org/XMLSchema/oval-directives-5" xmlns:oval="${common}" xmlns:res="http://oval.mitre.org/XMLSchema/oval-results-5">${generator}<directives>${['true', 'false', 'unknown', 'error', 'not_evaluated', 'not_applicable'].map((name) => `<res:definition_${name} reported="${name !== 'false'}" content="thin"/>`).join('')}</directives></oval_directives>`
/** A test that takes variables from the object of its variable, from a set, from a filter and by its name. */
const indirect = `<oval_definitions xmlns="${system}" xmlns:oval="${common}" xmlns:i="${system}#independent">${generator}
<definitions>${numbered(definition)}</definitions>
<tests>
<i:environmentvariable_test id="oval:x:tst:1" version="1" check="all" comment="t"><i:object object_ref="oval:x:obj:1"/></i:environmentvariable_test>
<i:environmentvariable_test id="oval:x:tst:2" version="1" check="all" comment="t"><i:object object_ref="oval:x:obj:3"/></i:environmentvariable_test>
<i:variable_test id="oval:x:tst:3" version="1" check="all" comment="t"><i:object object_ref="oval:x:obj:4"/></i:variable_test>
</tests>
<objects>
<i:environmentvariable_object id="oval:x:obj:1" version="1"><i:name var_ref="oval:x:var:2"/></i:environmentvariable_object>
<i:environmentvariable_object id="oval:x:obj:2" version="1"><i:name var_ref="oval:x:var:1"/></i:environmentvariable_object>
<i:environmentvariable_object id="oval:x:obj:3" version="1"><set><object_reference>oval:x:obj:2</object_reference><filter action="include">oval:x:ste:1</filter></set></i:environmentvariable_object>
<i:variable_object id="oval:x:obj:4" version="1"><i:var_ref>oval:x:var:3</i:var_ref></i:variable_object>
</objects>
<states>
<i:environmentvariable_state id="oval:x:ste:1" version="1"><i:name var_ref="oval:x:var:3"/></i:environmentvariable_state>
</states>
<variables>
<constant_variable id="oval:x:var:1" version="1" datatype="string" comment="c"><value>HOME</value></constant_variable>
<local_variable id="oval:x:var:2" version="1" datatype="string" comment="c"><object_component object_ref="oval:x:obj:2" item_field="name"/></local_variable>
<constant_variable id="oval:x:var:3" version="1" datatype="string" comment="c"><value>HOME</value></constant_variable>
</variables></oval_definitions>`
const another = oval.replaceAll('oval:x:', 'oval:y:')
const referTo = (name: string): string =>
  `<ds:component-ref id="scap_x_cref_${name}" xlink:href="#scap_x_comp_${name}"/>`
const stream = `<ds:data-stream-collection xmlns:ds="http://scap.nist.gov/schema/scap/source/1.2" xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:cat="urn:oasis:names:tc:entity:xmlns:xml:catalog" id="scap_x_collection_c" schematron-version="1.3">${[
  'a',
  'b',
]
  .map(
    (name) =>
      `<ds:data-stream id="scap_x_datastream_${name}" scap-version="1.3" use-case="OTHER"><ds:checks>${referTo(`${name}1`)}${referTo(`${name}2`)}</ds:checks></ds:data-stream>`,
  )
  .join('')}${[
  ['a1', oval],
  ['a2', another],
  ['b1', another],
  ['b2', oval],
]
  .map(
    ([name, text]) => `<ds:component id="scap_x_comp_${name}" timestamp="2026-01-01T00:00:00">${text}</ds:component>`,
  )
  .join('')}</ds:data-stream-collection>`
const files = {
  'o.xml': oval,
  'v.xml': variables,
  'd.xml': directives,
  'without.xml': directives.replace('<directives>', '<directives include_source_definitions="false">'),
  'indirect.xml': indirect,
  'stream.xml': stream,
}
for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)

/** Definitions and tests of OVAL results, with what they came to; the referee also lists those that were not asked for. */
const resultsOf = (name: string) =>
  [...descendants(readXml(readFileSync(join(folder, name)), name))]
    .filter((one) => attribute(one, 'result') !== undefined && /^(definition|test)$/.test(one.name))
    .map((one) => [attribute(one, 'definition_id') ?? attribute(one, 'test_id'), attribute(one, 'result')].join(' '))
    .filter((line) => !line.endsWith('not evaluated'))
    .toSorted()

/** The values of variables that the results of a test rest on. */
const testedVariables = (name: string) =>
  [...descendants(readXml(readFileSync(join(folder, name)), name))]
    .filter((one) => one.name === 'test')
    .flatMap((one) =>
      childrenNamed(one, 'tested_variable').map((each) =>
        [attribute(one, 'test_id'), attribute(each, 'variable_id'), each.text].join(' '),
      ),
    )
    .toSorted()

async function compare(words: readonly string[], results: boolean): Promise<readonly string[]> {
  const ours = await runOurs(
    [...words.slice(0, 2), ...(results ? ['--results', 'ours.xml'] : []), ...words.slice(2)],
    folder,
  )
  const theirs = await runTheirs(
    [...words.slice(0, 2), ...(results ? ['--results', 'theirs.xml'] : []), ...words.slice(2)],
    folder,
  )
  const lines = ({ stdout }: { stdout: string }) => stdout.split('\n').toSorted()
  assert.deepEqual([ours.status, lines(ours)], [theirs.status, lines(theirs)], words.join(' '))
  if (results) assert.deepEqual(resultsOf('ours.xml'), resultsOf('theirs.xml'), words.join(' '))
  return results ? resultsOf('ours.xml') : ours.stdout.split('\n')
}

test('oval eval and analyse take values of external variables, directives and one definition', { skip }, async () => {
  assert.deepEqual(await compare(['oval', 'eval', '--variables', 'v.xml', 'o.xml'], true), [
    'oval:x:def:1 true',
    'oval:x:def:2 false',
    'oval:x:def:3 error',
    'oval:x:tst:1 true',
    'oval:x:tst:2 false',
    'oval:x:tst:3 error',
  ])
  await compare(['oval', 'eval', '--variables', 'v.xml', '--id', 'oval:x:def:2', 'o.xml'], true)
  await compare(['oval', 'eval', '--variables', 'v.xml', '--directives', 'd.xml', 'o.xml'], true)
  await compare(['oval', 'eval', '--variables', 'v.xml', '--directives', 'without.xml', 'o.xml'], true)
  for (const name of ['ours.xml', 'theirs.xml'])
    assert.doesNotMatch(readFileSync(join(folder, name), 'utf8'), /<oval_definitions/)
  await compare(['oval', 'eval', '--id', 'oval:x:def:9', 'o.xml'], false)
  const { status } = await runTheirs(['oval', 'collect', '--syschar', 'sc.xml', 'o.xml'], folder)
  assert.equal(status, 0)
  assert.deepEqual(await compare(['oval', 'analyse', '--variables', 'v.xml', 'o.xml', 'sc.xml'], true), [
    'oval:x:def:1 true',
    'oval:x:def:2 false',
    'oval:x:def:3 error',
    'oval:x:tst:1 true',
    'oval:x:tst:2 false',
    'oval:x:tst:3 error',
  ])
  await compare(['oval', 'analyse', '--variables', 'v.xml', '--directives', 'd.xml', 'o.xml', 'sc.xml'], true)
  await compare(['oval', 'analyse', 'o.xml', 'sc.xml'], true)
})

test('oval eval takes one of the OVAL components of a data stream, as the referee', { skip }, async () => {
  for (const words of [
    ['stream.xml'],
    ['--oval-id', 'scap_x_cref_a2', 'stream.xml'],
    ['--oval-id', 'scap_x_cref_b2', 'stream.xml'],
    ['--datastream-id', 'scap_x_datastream_b', 'stream.xml'],
    ['--datastream-id', 'scap_x_datastream_b', '--oval-id', 'scap_x_cref_b2', 'stream.xml'],
    ['--datastream-id', 'scap_x_datastream_a', '--oval-id', 'scap_x_cref_b2', 'stream.xml'],
    ['--datastream-id', 'scap_x_datastream_c', 'stream.xml'],
  ]) {
    await compare(['oval', 'eval', '--skip-valid', '--variables', 'v.xml', ...words], false)
  }
})

test('results tell the values of all variables that a test uses', { skip }, async () => {
  await compare(['oval', 'eval', 'indirect.xml'], true)
  assert.deepEqual(testedVariables('ours.xml'), testedVariables('theirs.xml'))
  assert.equal(testedVariables('ours.xml').length, 5)
})

test('results have the prefixes that scripts search for, and --version the objects', { skip }, async () => {
  await compare(['oval', 'eval', '--variables', 'v.xml', 'o.xml'], true)
  const prefixed = (name: string) =>
    new Set(readFileSync(join(folder, name), 'utf8').match(/<[a-z]+-(def|sys):\w+/g) ?? [])
  assert.deepEqual(prefixed('ours.xml'), prefixed('theirs.xml'))
  assert.ok(prefixed('ours.xml').has('<ind-sys:family_item'))
  const objects = async (run: typeof runOurs) => (await run(['--version'], folder)).stdout.match(/probe_\w+/g) ?? []
  const ours = new Set(await objects(runOurs))
  assert.deepEqual(
    (await objects(runTheirs)).filter((object) => !ours.has(object)),
    ['probe_system_info', 'probe_dnscache'],
  )
})

test('a path may be relative to where the program is called, as the referee has it', { skip }, async () => {
  const name = (child: string, text: string): string => `<u:${child}>${text}</u:${child}>`
  const objects = [
    name('path', './') + name('filename', 'relative.xml'),
    name('path', '.') + '<u:filename operation="pattern match">^relative[.]xml$</u:filename>',
    name('path', `../${basename(folder)}/`) + name('filename', 'relative.xml'),
    name('filepath', 'relative.xml'),
    name('filepath', './relative.xml'),
    name('path', './none') + name('filename', 'relative.xml'),
  ]
  const each = (write: (number: number) => string): string => objects.map((_, at) => write(at + 1)).join('\n')
  writeFileSync(
    join(folder, 'relative.xml'),
    `<oval_definitions xmlns="${system}" xmlns:oval="${common}" xmlns:u="${system}#unix">${generator}<definitions>${each(definition)}</definitions>
<tests>${each((number) => `<u:file_test id="oval:x:tst:${number}" version="1" check="all" comment="t"><u:object object_ref="oval:x:obj:${number}"/></u:file_test>`)}</tests>
<objects>${each((number) => `<u:file_object id="oval:x:obj:${number}" version="1">${objects[number - 1]}</u:file_object>`)}</objects></oval_definitions>`,
  )
  const words = ['oval', 'eval', '--results']
  const [ours, theirs] = [
    await runOurs([...words, 'ours.xml', 'relative.xml'], folder),
    await runTheirs([...words, 'theirs.xml', 'relative.xml'], folder),
  ]
  const verdicts = ({ stdout }: { stdout: string }): string[] => stdout.match(/def:\d+: \w+/g)?.toSorted() ?? []
  assert.deepEqual(verdicts(ours), verdicts(theirs))
  assert.equal(verdicts(ours).filter((verdict) => verdict.endsWith('true')).length, 4)
  const paths = (file: string): (string | undefined)[] =>
    [...descendants(readXml(readFileSync(join(folder, file)), file))]
      .filter((element) => element.name === 'filepath' && element.namespace.includes('characteristics'))
      .map(({ text }) => text)
      .toSorted()
  assert.deepEqual(paths('ours.xml'), paths('theirs.xml'))
})
