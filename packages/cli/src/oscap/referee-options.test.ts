import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { attribute, childrenNamed, childText, descendants, readXml } from '@plumbline/scap'
import { runOurs, runTheirs, skip } from './testing.ts'

const folder = mkdtempSync(join(tmpdir(), 'plumbline-referee-options-'))
after(() => rmSync(folder, { recursive: true }))

const system = 'http://oval.mitre.org/XMLSchema/oval-definitions-5'
const stig = 'https://public.cyber.mil/stigs/srg-stig-tools/'
const older = 'http://iase.disa.mil/stigs/Pages/stig-viewing-guidance.aspx'
const reference = (href: string, text: string): string => `<reference href="${href}">${text}</reference>`
const rule = (name: string, references: string, definition: number): string =>
  `\n<Rule id="xccdf_x_rule_${name}" selected="true" severity="high"><version>SRG-${name}</version><title>${name}</title>${references}<check system="${system}"><check-content-ref href="o.xml" name="oval:x:def:${definition}"/></check></Rule>\n`
const definition = (number: number): string =>
  `<definition id="oval:x:def:${number}" version="1" class="compliance"><metadata><title>T</title><affected family="unix"/><description>D</description></metadata><criteria><criterion test_ref="oval:x:tst:${number}"/></criteria></definition>`
const familyTest = (number: number): string =>
  `<i:family_test id="oval:x:tst:${number}" version="1" check="all" comment="t"><i:object object_ref="oval:x:obj:1"/><i:state state_ref="oval:x:ste:${number}"/></i:family_test>`
const familyState = (number: number, family: string): string =>
  `<i:family_state id="oval:x:ste:${number}" version="1"><i:family>${family}</i:family></i:family_state>`
const definitions = (inside: string): string =>
  `<oval_definitions xmlns="${system}" xmlns:oval="http://oval.mitre.org/XMLSchema/oval-common-5" xmlns:i="${system}#independent" xmlns:u="${system}#unix"><generator><oval:schema_version>5.11</oval:schema_version><oval:timestamp>2026-01-01T00:00:00</oval:timestamp></generator>${inside}</oval_definitions>`

const oval = definitions(
  `<definitions>${definition(1)}${definition(2)}</definitions><tests>${familyTest(1)}${familyTest(2)}</tests><objects><i:family_object id="oval:x:obj:1" version="1"/></objects><states>${familyState(1, 'unix')}${familyState(2, 'windows')}</states>`,
)
const benchmark = `<Benchmark xmlns="http://checklists.nist.gov/xccdf/1.2" id="xccdf_x_benchmark_b"><status>draft</status><title>B</title><version>1</version>
<Profile id="xccdf_x_profile_p"><title>P</title>
<select idref="xccdf_x_rule_unselected" selected="false"/>
</Profile>${rule('one', reference(stig, 'SV-1r1_rule'), 1)}${rule('two', reference(stig, 'SV-2r1_rule') + reference(older, 'SV-3r2_rule') + reference('https://x.org', 'SV-9r1_rule'), 2)}${rule('other', reference(stig, 'RHEL-1'), 1)}${rule('without', reference(`${stig}more`, 'SV-8r1_rule'), 1)}${rule('unselected', reference(stig, 'SV-4r1_rule'), 1)}</Benchmark>`
const tailoring = `<Tailoring xmlns="http://checklists.nist.gov/xccdf/1.2" id="xccdf_x_tailoring_t"><benchmark href="#scap_x_comp_b"/><version time="2026-01-01T00:00:00">1</version><Profile id="xccdf_x_profile_mine" extends="xccdf_x_profile_p"><title>Mine</title>
<select idref="xccdf_x_rule_two" selected="false"/>
<select idref="xccdf_x_rule_unselected" selected="true"/>
</Profile></Tailoring>`
const parts = [
  ['b', 'checklists', benchmark],
  ['t', 'checklists', tailoring],
  ['o', 'checks', oval],
] as const
const referencesIn = (container: string): string =>
  `<ds:${container}>${parts
    .filter(([, where]) => where === container)
    .map(
      ([name]) =>
        `<ds:component-ref id="scap_x_cref_${name}" xlink:href="#scap_x_comp_${name}"><cat:catalog><cat:uri name="o.xml" uri="#scap_x_cref_o"/></cat:catalog></ds:component-ref>`,
    )
    .join('')}</ds:${container}>`
const stream = `<ds:data-stream-collection xmlns:ds="http://scap.nist.gov/schema/scap/source/1.2" xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:cat="urn:oasis:names:tc:entity:xmlns:xml:catalog" id="scap_x_collection_c" schematron-version="1.3"><ds:data-stream id="scap_x_datastream_d" scap-version="1.3" use-case="CONFIGURATION">${referencesIn('checklists')}${referencesIn('checks').replaceAll(/<cat:catalog>.*?<\/cat:catalog>/g, '')}</ds:data-stream>${parts.map(([name, , text]) => `<ds:component id="scap_x_comp_${name}" timestamp="2026-01-01T00:00:00">${text}</ds:component>`).join('')}</ds:data-stream-collection>`

const files = { 'benchmark.xml': benchmark, 'o.xml': oval, 'stream.xml': stream }
for (const who of ['ours', 'theirs']) {
  mkdirSync(join(folder, who))
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, who, name), text)
}
const both = async (words: readonly string[], environment: NodeJS.ProcessEnv = {}) => ({
  ours: await runOurs(words, join(folder, 'ours'), environment),
  theirs: await runTheirs(words, join(folder, 'theirs'), environment),
})
const elementsOf = (who: string, file: string) => [...descendants(readXml(readFileSync(join(folder, who, file)), file))]
/** The root, and of each rule in it id, version, severity and result. */
const ruleResults = (who: string, file: string) => {
  const elements = elementsOf(who, file)
  return [
    elements[0]?.name,
    ...elements
      .filter(({ name }) => name === 'rule-result')
      .map((one) => [
        ...['idref', 'version', 'severity', 'role'].map((name) => attribute(one, name)),
        childText(one, 'result'),
      ]),
  ]
}

test('--stig-viewer repeats results under the ids of DISA, as the referee does', { skip }, async () => {
  const { ours, theirs } = await both([
    'xccdf',
    'eval',
    '--progress',
    '--profile',
    'p',
    '--stig-viewer',
    's.xml',
    'benchmark.xml',
  ])
  assert.deepEqual([ours.status, ours.stdout], [theirs.status, theirs.stdout])
  assert.deepEqual(ruleResults('ours', 's.xml'), ruleResults('theirs', 's.xml'))
  assert.deepEqual(ruleResults('ours', 's.xml').slice(0, 4), [
    'TestResult',
    ['SV-1r1_rule', 'SRG-one', 'high', 'full', 'pass'],
    ['SV-2r1_rule', 'SRG-two', 'high', 'full', 'fail'],
    ['SV-3r2_rule', 'SRG-two', 'high', 'full', 'fail'],
  ])
})

test('--tailoring-id takes a tailoring of the data stream, and no other component', { skip }, async () => {
  for (const words of [
    ['--tailoring-id', 'scap_x_cref_t', '--profile', 'mine', '--results', 't.xml', 'stream.xml'],
    ['--tailoring-id', 'nothing', '--profile', 'mine', 'stream.xml'],
    ['--tailoring-id', 'scap_x_cref_o', '--profile', 'mine', 'stream.xml'],
    ['--tailoring-id', 'scap_x_cref_t', '--profile', 'p', 'benchmark.xml'],
  ]) {
    const { ours, theirs } = await both(['xccdf', 'eval', '--progress', ...words])
    assert.deepEqual([ours.status, ours.stdout], [theirs.status, theirs.stdout], words.join(' '))
  }
  assert.deepEqual(ruleResults('ours', 't.xml'), ruleResults('theirs', 't.xml'))
  assert.equal(JSON.stringify(ruleResults('ours', 't.xml')).match(/"pass"/g)?.length, 4)
})

test('--without-syschar leaves out what was collected, and nothing else', { skip }, async () => {
  const shape = (who: string, file: string) =>
    elementsOf(who, file)
      .map(({ name }) => name)
      .filter((name) =>
        /^(collected_objects|system_data|family_item|system_info|tested_item|definition|test|oval_definitions)$/.test(
          name,
        ),
      )
      .toSorted()
  for (const syschar of [[], ['--without-syschar']]) {
    for (const [file, ...words] of [
      ['ov.xml', 'oval', 'eval', '--results', 'ov.xml', ...syschar, 'o.xml'],
      ['arf.xml', 'xccdf', 'eval', '--profile', 'p', '--results-arf', 'arf.xml', ...syschar, 'stream.xml'],
      ['o.xml.result.xml', 'xccdf', 'eval', '--profile', 'p', '--oval-results', ...syschar, 'stream.xml'],
    ] as const) {
      const { ours, theirs } = await both(words)
      assert.equal(ours.status, theirs.status, ours.stderr + theirs.stderr)
      assert.deepEqual(shape('ours', file), shape('theirs', file), words.join(' '))
      assert.equal(shape('ours', file).includes('system_data'), syschar.length === 0)
    }
  }
})

const tree = join(folder, 'root', 'tree')
mkdirSync(join(tree, 'kept'), { recursive: true })
mkdirSync(join(tree, 'left', 'out'), { recursive: true })
for (const name of ['kept/file', 'left/file', 'left/out/file']) writeFileSync(join(tree, name), 'x\n')

const walk = (place: string): string =>
  definitions(
    `<definitions>${definition(1).replace(/<criterion [^>]*>/, [1, 2, 3].map((number) => `<criterion test_ref="oval:x:tst:${number}"/>`).join(''))}</definitions><tests>${[
      1, 2,
    ]
      .map(
        (number) =>
          `<u:file_test id="oval:x:tst:${number}" version="1" check="all" comment="t"><u:object object_ref="oval:x:obj:${number}"/></u:file_test>`,
      )
      .join(
        '',
      )}<i:textfilecontent54_test id="oval:x:tst:3" version="1" check="all" comment="t"><i:object object_ref="oval:x:obj:3"/></i:textfilecontent54_test></tests><objects>
<u:file_object id="oval:x:obj:1" version="1"><u:behaviors recurse_direction="down"/><u:path>${place}</u:path><u:filename operation="pattern match">.*</u:filename></u:file_object>
<u:file_object id="oval:x:obj:2" version="1"><u:filepath>${place}/left/file</u:filepath></u:file_object>
<i:textfilecontent54_object id="oval:x:obj:3" version="1"><i:behaviors recurse_direction="down"/><i:path>${place}</i:path><i:filename>file</i:filename><i:pattern operation="pattern match">.</i:pattern><i:instance datatype="int">1</i:instance></i:textfilecontent54_object></objects>`,
  )
for (const who of ['ours', 'theirs']) {
  writeFileSync(join(folder, who, 'walk.xml'), walk(tree))
  writeFileSync(join(folder, who, 'walk-root.xml'), walk('/tree'))
}

/** Of each object its flag, and how many items it has; and the files of all items. */
const collected = (who: string, file: string) => {
  const elements = elementsOf(who, file)
  return {
    objects: elements
      .filter(({ name }) => name === 'object')
      .map((one) => `${attribute(one, 'flag')} ${childrenNamed(one, 'reference').length}`),
    files: elements
      .filter(({ name }) => name === 'filepath')
      .map(({ text }) => text.replace(tree, ''))
      .toSorted(),
  }
}

test('OSCAP_PROBE_ROOT is where files are looked for, and is in no path', { skip }, async () => {
  const words = ['oval', 'collect', '--syschar', 'root.xml', 'walk-root.xml']
  const { ours, theirs } = await both(words, { OSCAP_PROBE_ROOT: join(folder, 'root') })
  assert.deepEqual([ours.status, theirs.status], [0, 0])
  assert.deepEqual(collected('ours', 'root.xml'), collected('theirs', 'root.xml'))
  assert.ok(collected('ours', 'root.xml').files.includes('/tree/left/out/file'))
})

/** oscap 1.3.7 has neither; so does 1.4.2 answer, which has both. */
const limited: readonly (readonly [name: string, value: string, objects: readonly string[], files: number])[] = [
  ['OSCAP_PROBE_IGNORE_PATHS', `${tree}/left`, ['complete 1', 'does not exist 0', 'complete 1'], 2],
  ['OSCAP_PROBE_IGNORE_PATHS', `${tree}/left/`, ['complete 1', 'does not exist 0', 'complete 1'], 2],
  ['OSCAP_PROBE_IGNORE_PATHS', `${tree}/left/out:${tree}/kept`, ['complete 1', 'complete 1', 'complete 1'], 2],
  ['OSCAP_PROBE_IGNORE_PATHS', `${tree}/left/file`, ['complete 2', 'does not exist 0', 'complete 2'], 4],
  ['OSCAP_PROBE_IGNORE_PATHS', `${tree}/lef`, ['complete 3', 'complete 1', 'complete 3'], 6],
  ['OSCAP_PROBE_MAX_COLLECTED_ITEMS', '2', ['incomplete 2', 'complete 1', 'incomplete 2'], 4],
  ['OSCAP_PROBE_MAX_COLLECTED_ITEMS', '3', ['complete 3', 'complete 1', 'complete 3'], 6],
  ['OSCAP_PROBE_MAX_COLLECTED_ITEMS', '0', ['complete 3', 'complete 1', 'complete 3'], 6],
]

for (const [name, value, objects, count] of limited) {
  test(`${name}=${value.replaceAll(tree, '')} leaves out what it names`, async () => {
    const words = ['oval', 'collect', '--syschar', 'limited.xml', 'walk.xml']
    const { status, stderr } = await runOurs(words, join(folder, 'ours'), { [name]: value })
    assert.equal(status, 0, stderr)
    const found = collected('ours', 'limited.xml')
    assert.deepEqual(found.objects, objects)
    // A file that two objects found is in two items, of either kind.
    assert.equal(found.files.length, count)
  })
}

test('OVAL files after a data stream take the place of all that its checks refer to', { skip }, async () => {
  const swapped = oval.replace('>unix<', '>other<').replace('>windows<', '>unix<')
  for (const who of ['ours', 'theirs']) {
    mkdirSync(join(folder, who, 'given'), { recursive: true })
    for (const name of ['o.xml', 'other.xml']) writeFileSync(join(folder, who, 'given', name), swapped)
  }
  for (const [files, results] of [
    [['given/o.xml'], ['fail', 'pass', 'fail', 'fail']],
    [['given/other.xml'], ['notchecked', 'notchecked', 'notchecked', 'notchecked']],
    [
      ['given/other.xml', 'given/o.xml'],
      ['fail', 'pass', 'fail', 'fail'],
    ],
  ] as const) {
    const words = ['--profile', 'p', '--results', 'g.xml', '--results-arf', 'g-arf.xml', 'stream.xml', ...files]
    const { ours, theirs } = await both(['xccdf', 'eval', '--progress', '--skip-valid', ...words])
    assert.deepEqual([ours.status, ours.stdout], [theirs.status, theirs.stdout], words.join(' '))
    assert.deepEqual(ruleResults('ours', 'g.xml'), ruleResults('theirs', 'g.xml'))
    assert.deepEqual(
      ruleResults('ours', 'g.xml')
        .slice(1, 5)
        .map((one) => one?.at(-1)),
      results,
    )
  }
})
