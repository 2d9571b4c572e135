import assert from 'node:assert/strict'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { runOurs, runTheirs, skip } from './testing.ts'

const folder = mkdtempSync(join(tmpdir(), 'plumbline-options-'))
after(() => rmSync(folder, { recursive: true }))

const system = 'http://oval.mitre.org/XMLSchema/oval-definitions-5'
const rule = (name: string, href: string, selected: boolean): string =>
  `<Rule id="xccdf_x_rule_${name}" selected="${selected}"><title>${name}</title><check system="${system}"><check-content-ref href="${href}" name="oval:x:def:1"/></check></Rule>`

const documents: Readonly<Record<string, string>> = {
  'benchmark.xml': `<Benchmark xmlns="http://checklists.nist.gov/xccdf/1.2" id="xccdf_x_benchmark_b"><status>draft</status><version>1</version>
<Profile id="xccdf_x_profile_p"><title>P</title><select idref="xccdf_x_rule_a" selected="true"/></Profile>
<Profile id="xccdf_x_profile_dangling"><title>D</title><select idref="xccdf_x_rule_none" selected="true"/></Profile>
<Group id="xccdf_x_group_g" selected="false"><title>G</title>${rule('a', 'a.xml', false)}${rule('b', 'b.xml', false)}</Group>
${rule('c', 'c.xml', true)}</Benchmark>`,
  'tailoring.xml': `<Tailoring xmlns="http://checklists.nist.gov/xccdf/1.2" id="xccdf_x_tailoring_t"><version time="2026-01-01T00:00:00">1</version>
<Profile id="xccdf_y_profile_tailoring"><title>T</title><select idref="xccdf_x_rule_c" selected="true"/></Profile></Tailoring>`,
  'a.xml': oval('unix'),
  'b.xml': oval('windows'),
  'elsewhere/a.xml': oval('windows'),
  'elsewhere/c.xml': oval('unix'),
  'platforms.xml': `<Benchmark xmlns="http://checklists.nist.gov/xccdf/1.2" id="xccdf_x_benchmark_p"><status>draft</status><version>1</version>
${['here', 'elsewhere', 'nowhere'].map((name) => rule(name, 'a.xml', true).replace('<check ', `<platform idref="#${name}"/><check `)).join('\n')}</Benchmark>`,
  'elsewhere/language.xml': `<cpe:platform-specification xmlns:cpe="http://cpe.mitre.org/language/2.0">
${(
  [
    ['here', 'c.xml'],
    ['elsewhere', 'a.xml'],
  ] as const
)
  .map(
    ([name, href]) =>
      `<cpe:platform id="${name}"><cpe:logical-test operator="AND" negate="false"><cpe:check-fact-ref system="${system}" href="${href}" id-ref="oval:x:def:1"/></cpe:logical-test></cpe:platform>`,
  )
  .join('\n')}</cpe:platform-specification>`,
  'each.xml': `<Benchmark xmlns="http://checklists.nist.gov/xccdf/1.2" id="xccdf_x_benchmark_e"><status>draft</status><version>1</version>
${rule('a', 'a.xml', true).replace('<check ', '<ident system="urn:x">A-1</ident><check multi-check="true" ')}
${rule('b', 'b.xml', true)
  .replace('<check ', '<check multi-check="true" ')
  .replace(/ name="oval[^"]*"/, '')}</Benchmark>`,
  'values.xml': `<Benchmark xmlns="http://checklists.nist.gov/xccdf/1.2" id="xccdf_x_benchmark_v"><status>draft</status><version>1</version>
<Value id="xccdf_x_value_a"><value>a</value></Value><Value id="xccdf_x_value_b"><value>b</value></Value>
${exporting('one', 'a')}${exporting('other', 'b')}${exporting('both', 'a', 'b', 'a')}${exporting('turned', 'b', 'a')}</Benchmark>`,
  'variable.xml': oval('unix').replace(
    '</oval_definitions>',
    '<variables><external_variable id="oval:x:var:1" version="1" datatype="string" comment="v"/></variables></oval_definitions>',
  ),
  'elsewhere/outside.xml': `<Benchmark xmlns="http://checklists.nist.gov/xccdf/1.2" id="xccdf_x_benchmark_o"><status>draft</status><version>1</version>
${rule('above', '../a.xml', true)}${rule('absolute', join(folder, 'ours', 'b.xml'), true)}${rule('scheme', `file://${join(folder, 'ours', 'a.xml')}`, true)}${rule('none', '../none.xml', true)}${rule('away', 'https://example.org/c.xml', true)}<Rule id="xccdf_x_rule_d"><title>d</title><check system="urn:x:unknown"><check-content-ref href="d.xml"/></check></Rule></Benchmark>`,
  'elsewhere/stream.xml': stream(
    'x',
    '<ds:component-ref id="scap_x_cref_file" xlink:href="file:../benchmark.xml"><cat:catalog><cat:uri name="c.xml" uri="#scap_x_cref_oval"/></cat:catalog></ds:component-ref><ds:component-ref id="scap_x_cref_part" xlink:href="file:part.xml#scap_x_comp_part"><cat:catalog><cat:uri name="c.xml" uri="#scap_x_cref_oval"/></cat:catalog></ds:component-ref>',
    `<ds:component id="scap_x_comp_oval" timestamp="2026-01-01T00:00:00">${oval('unix')}</ds:component>`,
  ),
  'remote.xml': stream(
    'r',
    '<ds:component-ref id="scap_r_cref_b" xlink:href="#scap_r_comp_b"><cat:catalog><cat:uri name="c.xml" uri="#scap_r_cref_c"/></cat:catalog></ds:component-ref>',
    `<ds:component id="scap_r_comp_b" timestamp="2026-01-01T00:00:00"><Benchmark xmlns="http://checklists.nist.gov/xccdf/1.2" id="xccdf_x_benchmark_part"><status>draft</status><version>1</version>${rule('part', 'c.xml', true)}</Benchmark></ds:component>`,
    '<ds:component-ref id="scap_r_cref_c" xlink:href="https://example.org/c.xml"/>',
  ),
  'elsewhere/part.xml': stream(
    'y',
    '<ds:component-ref id="scap_y_cref" xlink:href="#scap_x_comp_part"/>',
    `<ds:component id="scap_x_comp_part" timestamp="2026-01-01T00:00:00"><Benchmark xmlns="http://checklists.nist.gov/xccdf/1.2" id="xccdf_x_benchmark_part"><status>draft</status><version>1</version>${rule('part', 'c.xml', true)}</Benchmark></ds:component><ds:component id="scap_x_comp_oval" timestamp="2026-01-01T00:00:00">${oval('unix')}</ds:component>`,
  ),
}

function exporting(name: string, ...values: readonly string[]): string {
  const exports = values.map((value) => `<check-export value-id="xccdf_x_value_${value}" export-name="oval:x:var:1"/>`)
  return `<Rule id="xccdf_x_rule_${name}" selected="true"><title>${name}</title><check system="${system}">${exports.join('')}<check-content-ref href="variable.xml" name="oval:x:def:1"/></check></Rule>`
}

function stream(
  name: string,
  checklists: string,
  components: string,
  checks = '<ds:component-ref id="scap_x_cref_oval" xlink:href="#scap_x_comp_oval"/>',
): string {
  return `<ds:data-stream-collection xmlns:ds="http://scap.nist.gov/schema/scap/source/1.2" xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:cat="urn:oasis:names:tc:entity:xmlns:xml:catalog" id="scap_${name}_collection_c" schematron-version="1.2"><ds:data-stream id="scap_${name}_datastream_d" scap-version="1.2" use-case="OTHER"><ds:checklists>${checklists}</ds:checklists><ds:checks>${checks}</ds:checks></ds:data-stream>${components}</ds:data-stream-collection>`
}

function oval(family: string): string {
  return `<oval_definitions xmlns="${system}" xmlns:oval="http://oval.mitre.org/XMLSchema/oval-common-5" xmlns:i="${system}#independent"><generator><oval:schema_version>5.11</oval:schema_version><oval:timestamp>2026-01-01T00:00:00</oval:timestamp></generator>
<definitions><definition id="oval:x:def:1" version="1" class="compliance"><metadata><title>T</title><affected family="unix"/><description>D</description></metadata><criteria><criterion test_ref="oval:x:tst:1" comment="c"/></criteria></definition></definitions>
<tests><i:family_test id="oval:x:tst:1" version="1" check="all" comment="fam"><i:object object_ref="oval:x:obj:1"/><i:state state_ref="oval:x:ste:1"/></i:family_test></tests>
<objects><i:family_object id="oval:x:obj:1" version="1"/></objects><states><i:family_state id="oval:x:ste:1" version="1"><i:family>${family}</i:family></i:family_state></states></oval_definitions>`
}

for (const who of ['ours', 'theirs'])
  for (const [name, text] of Object.entries(documents)) {
    mkdirSync(join(folder, who, 'elsewhere'), { recursive: true })
    writeFileSync(join(folder, who, name), text)
  }

const both = async (...words: readonly string[]) => ({
  ours: await runOurs(words, join(folder, 'ours')),
  theirs: await runTheirs(words, join(folder, 'theirs')),
})

for (const [what, ...words] of [
  [
    'files that are named take the place of those beside the benchmark',
    '--profile',
    '(all)',
    'benchmark.xml',
    'elsewhere/a.xml',
  ],
  ['several files may be named', '--profile', '(all)', 'benchmark.xml', 'elsewhere/c.xml', 'b.xml'],
  ['a file that no check refers to changes nothing but that', 'benchmark.xml', 'b.xml'],
  ['a file that is not there is an error', 'benchmark.xml', 'nothing.xml'],
  ['"(all)" selects every rule, whatever holds it', '--profile', '(all)', 'benchmark.xml'],
  ['one of all rules can be evaluated', '--profile', '(all)', '--rule', 'xccdf_x_rule_b', 'benchmark.xml'],
  ['a rule that the profile does not select can be named', '--rule', 'xccdf_x_rule_b', 'benchmark.xml'],
  ['a rule that is not there cannot be named', '--rule', 'xccdf_x_rule_none', 'benchmark.xml'],
  ['a rule that is not there can be skipped', '--skip-rule', 'xccdf_x_rule_none', 'benchmark.xml'],
  ['the profile of a tailoring is found first', '--tailoring-file', 'tailoring.xml', '--profile', 'p', 'benchmark.xml'],
  ['the beginning of an option will do', '--prof', 'p', '--prog', 'benchmark.xml'],
  ['the beginning of two options will not', '--progress', '--re', 'x', 'benchmark.xml'],
  ['a rule that is not there may be selected', '--profile', 'dangling', 'benchmark.xml'],
  ['checks may be in files anywhere', 'elsewhere/outside.xml'],
  ['a checklist may be another file', '--xccdf-id', 'scap_x_cref_file', 'elsewhere/stream.xml'],
  ['a checklist may be a component of another file', '--xccdf-id', 'scap_x_cref_part', 'elsewhere/stream.xml'],
  ['a CPE language document brings its checks', '--cpe', 'elsewhere/language.xml', 'platforms.xml'],
  ['a signature is asked of data streams alone', '--enforce-signature', 'benchmark.xml'],
]) {
  test(`xccdf eval: ${what}`, { skip }, async () => {
    const progress = words.includes('--prog') || words.includes('--progress') ? [] : ['--progress']
    const { ours, theirs } = await both('xccdf', 'eval', ...progress, ...words)
    assert.deepEqual([ours.status, ours.stdout], [theirs.status, theirs.stdout], ours.stderr + theirs.stderr)
    assert.ok(ours.status === 0 || ours.status === 2 ? ours.stdout !== '' : ours.stderr !== '')
  })
}

test('what is printed of a rule tells the definition, where it has a result for each', { skip }, async () => {
  const { ours, theirs } = await both('xccdf', 'eval', 'each.xml')
  assert.equal(ours.stdout, theirs.stdout)
  assert.match(ours.stdout, /^OVAL Definition ID\toval:x:def:1\n/m)
})

test('files of results and of variables are named as the referee names them', { skip }, async () => {
  await both('xccdf', 'eval', '--oval-results', 'elsewhere/outside.xml')
  await both('xccdf', 'export-oval-variables', 'values.xml')
  const written = (who: string) =>
    readdirSync(join(folder, who))
      .filter((name) => /\.result\.xml$|\.variables-/.test(name))
      .map((name) => [
        name,
        ...[...readFileSync(join(folder, who, name), 'utf8').matchAll(/<value>(.*?)<\/value>/g)]
          .map(([, value]) => value ?? '')
          .toSorted(),
      ])
  assert.deepEqual(written('ours'), written('theirs'))
  assert.equal(written('ours').length, 6)
})

test('results of all rules are valid', { skip }, async () => {
  const { status } = await runOurs(
    ['xccdf', 'eval', '--profile', '(all)', '--results', 'all.xml', '--results-arf', 'arf.xml', 'benchmark.xml'],
    join(folder, 'ours'),
  )
  assert.equal(status, 2)
  assert.equal((await runTheirs(['xccdf', 'validate', '--skip-schematron', 'all.xml'], join(folder, 'ours'))).status, 0)
  assert.match(readFileSync(join(folder, 'ours', 'all.xml'), 'utf8'), /<TestResult id="xccdf_x_testresult__all_"/)
})

/** Rules and their badges, by their names. */
const cards = (html: string): string[] =>
  [...html.matchAll(/class="rule r-(\w+)" id="xccdf_x_rule_(\w+)"/g)]
    .map(([, result, name]) => `${name} ${result}`)
    .toSorted()

test('a report is of the most recent result, or of the one that is named', { skip }, async () => {
  const [place, results] = [join(folder, 'ours'), join(folder, 'ours', 'two.xml')]
  await runTheirs(
    ['xccdf', 'eval', '--profile', '(all)', '--oval-results', '--results', 'one.xml', 'benchmark.xml'],
    place,
  )
  const text = readFileSync(join(place, 'one.xml'), 'utf8')
  const [newer = ''] = /<TestResult[\s\S]*<\/TestResult>/.exec(text) ?? []
  const older = newer
    .replace(/id="[^"]*"/, 'id="xccdf_x_testresult_older"')
    .replace(/end-time="20/, 'end-time="19')
    .replaceAll('<result>pass<', '<result>fail<')
  writeFileSync(
    results,
    text.replace(newer, () => `${newer}${older}`),
  )
  const report = (...words: readonly string[]) => runOurs(['xccdf', 'generate', 'report', ...words, 'two.xml'], place)
  assert.deepEqual(cards((await report()).stdout), ['a pass', 'b fail', 'c notchecked'])
  assert.deepEqual(cards((await report('--result-id', 'xccdf_x_testresult_older')).stdout), [
    'a fail',
    'b fail',
    'c notchecked',
  ])
  const missing = await report('--result-id', 'nothing')
  assert.deepEqual([missing.status, missing.stdout], [1, ''])
  assert.match(missing.stderr, /no <TestResult> nothing; there are xccdf_.*, xccdf_x_testresult_older/)
})

test('OVAL results that lie in files of their own explain a report', { skip }, async () => {
  const place = join(folder, 'ours')
  cpSync(join(place, 'a.xml.result.xml'), join(place, 'oval-of-a.xml-kept'))
  const told = async (template: string) => {
    const { stdout, stderr } = await runOurs(
      ['xccdf', 'generate', 'report', '--oval-template', template, 'one.xml'],
      place,
    )
    return [/Passed because [^<]*family unix/.test(stdout), ...(stderr.match(/WARNING: .*/g) ?? [])]
  }
  assert.deepEqual(await told('oval-of-%-kept'), [
    true,
    'WARNING: there are no OVAL results oval-of-b.xml-kept',
    'WARNING: there are no OVAL results oval-of-c.xml-kept',
  ])
  assert.deepEqual(await told('none-%'), [
    false,
    ...['a', 'b', 'c'].map((name) => `WARNING: there are no OVAL results none-${name}.xml`),
  ])
})

test('what a profile selects and the benchmark does not have is warned of', { skip }, async () => {
  const { ours, theirs } = await both('xccdf', 'eval', '--profile', 'dangling', 'benchmark.xml')
  assert.match(theirs.stderr, /xccdf_x_rule_none/)
  assert.match(ours.stderr, /^WARNING: .*<select idref="xccdf_x_rule_none"> refers to no group or rule .* is ignored$/m)
})

for (const words of [['benchmark.xml'], ['remote.xml'], ['elsewhere/outside.xml'], ['benchmark.xml', 'a.xml']]) {
  test(`what is not there is told in the referee's words: ${words.join(' ')}`, { skip }, async () => {
    const { ours, theirs } = await both('xccdf', 'eval', ...words)
    const expected = theirs.stderr
      .split('\n')
      .filter((line) => /^WARNING: (Skipping|Datastream|This content)/.test(line))
    assert.equal(expected.length > 0, words.length === 1, theirs.stderr)
    assert.deepEqual(
      ours.stderr.split('\n').filter((line) => line !== ''),
      expected,
    )
  })
}
