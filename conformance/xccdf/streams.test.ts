import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { refereeSkip } from '../oval/referee.ts'
import { ovalSystem, profile, rule, ruleId } from './benchmark.ts'
import { evaluateBy } from './referee.ts'

const skip = refereeSkip()
const folder = mkdtempSync(join(tmpdir(), 'plumbline-streams-'))
after(() => rmSync(folder, { recursive: true }))

/** A definition that is true when the family is this. */
const oval = (family: string): string =>
  `<oval_definitions xmlns="${ovalSystem}" xmlns:ind="${ovalSystem}#independent" xmlns:oval="http://oval.mitre.org/XMLSchema/oval-common-5">
<generator><oval:schema_version>5.11.1</oval:schema_version><oval:timestamp>2026-01-01T00:00:00</oval:timestamp></generator>
<definitions><definition id="oval:x:def:1" version="1" class="compliance"><metadata><title>t</title><description>d</description></metadata><criteria><criterion test_ref="oval:x:tst:1"/></criteria></definition></definitions>
<tests><ind:family_test id="oval:x:tst:1" version="1" check="all" comment="t"><ind:object object_ref="oval:x:obj:1"/><ind:state state_ref="oval:x:ste:1"/></ind:family_test></tests>
<objects><ind:family_object id="oval:x:obj:1" version="1"/></objects>
<states><ind:family_state id="oval:x:ste:1" version="1"><ind:family>${family}</ind:family></ind:family_state></states>
</oval_definitions>`
const benchmark = (id: string, name: string): string =>
  `<Benchmark xmlns="http://checklists.nist.gov/xccdf/1.2" id="xccdf_x_benchmark_${id}"><status>draft</status><title>${id}</title><version>1</version>${profile('p', `<select idref="${ruleId(name)}" selected="true"/>`)}${rule(name, `<check system="${ovalSystem}"><check-content-ref href="o.xml" name="oval:x:def:1"/></check>`, 'selected="false"')}</Benchmark>`

/** A checklist of a stream: its component-ref, its component, and the check that its catalog leads to. */
type Checklist = readonly [reference: string, component: string, check: string]
const stream = (
  name: string,
  checklists: readonly Checklist[],
  checks: readonly (readonly [string, string])[],
): string =>
  `<ds:data-stream id="scap_x_datastream_${name}" scap-version="1.3" use-case="CONFIGURATION"><ds:checklists>${checklists
    .map(
      ([reference, component, check]) =>
        `<ds:component-ref id="scap_x_cref_${reference}" xlink:href="#scap_x_comp_${component}"><cat:catalog><cat:uri name="o.xml" uri="#scap_x_cref_${check}"/></cat:catalog></ds:component-ref>`,
    )
    .join('')}</ds:checklists><ds:checks>${checks
    .map(
      ([reference, component]) =>
        `<ds:component-ref id="scap_x_cref_${reference}" xlink:href="#scap_x_comp_${component}"/>`,
    )
    .join('')}</ds:checks></ds:data-stream>`
const component = (name: string, inside: string): string =>
  `<ds:component id="scap_x_comp_${name}" timestamp="2026-01-01T00:00:00">${inside}</ds:component>`

/** Two streams have a benchmark of the same id; and one benchmark is in both, with other checks. */
const collection = [
  stream(
    'one',
    [
      ['a', 'a', 'yes1'],
      ['b', 'b', 'no1'],
    ],
    [
      ['yes1', 'yes'],
      ['no1', 'no'],
    ],
  ),
  stream(
    'two',
    [
      ['a2', 'other', 'no2'],
      ['b2', 'b', 'yes2'],
      ['c', 'c', 'yes2'],
    ],
    [
      ['yes2', 'yes'],
      ['no2', 'no'],
    ],
  ),
  component('a', benchmark('a', 'of_a')),
  component('b', benchmark('b', 'of_b')),
  component('other', benchmark('a', 'of_other')),
  component('c', benchmark('c', 'of_c')),
  component('yes', oval('unix')),
  component('no', oval('windows')),
].join('')

const cases: readonly (readonly [options: string, rule: string, result: string] | readonly [options: string])[] = [
  ['', 'of_a', 'pass'],
  ['--datastream-id scap_x_datastream_two', 'of_other', 'fail'],
  ['--xccdf-id scap_x_cref_b2', 'of_b', 'pass'],
  ['--datastream-id scap_x_datastream_two --xccdf-id scap_x_cref_c', 'of_c', 'pass'],
  ['--benchmark-id xccdf_x_benchmark_a', 'of_a', 'pass'],
  ['--benchmark-id xccdf_x_benchmark_c', 'of_c', 'pass'],
  ['--benchmark-id xccdf_x_benchmark_a --xccdf-id scap_x_cref_a2', 'of_other', 'fail'],
  ['--datastream-id scap_x_datastream_two --xccdf-id scap_x_cref_b'],
  ['--benchmark-id xccdf_x_benchmark_none'],
]

const path = join(folder, 'collection.xml')
writeFileSync(
  path,
  `<ds:data-stream-collection xmlns:ds="http://scap.nist.gov/schema/scap/source/1.2" xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:cat="urn:oasis:names:tc:entity:xmlns:xml:catalog" id="scap_x_collection_c" schematron-version="1.3">${collection}</ds:data-stream-collection>`.replaceAll(
    '><',
    '>\n<',
  ),
)

test('of several streams and benchmarks the one is evaluated that the referee takes', { skip }, (t) => {
  for (const [options, name, result] of cases) {
    const words = ['--profile', 'p', ...options.split(' ').filter((word) => word !== '')]
    if (name === undefined) {
      assert.throws(() => evaluateBy('referee', path, words), /referee: 1: .*(locate|map)/s)
      assert.throws(() => evaluateBy('ours', path, words), /ours: 1: .*Failed to locate a data stream/s)
      continue
    }
    const [referee, ours] = [evaluateBy('referee', path, words), evaluateBy('ours', path, words)]
    assert.deepEqual(ours.rules, referee.rules, options)
    assert.deepEqual(ours.rules, { [name]: [`${result} full unknown 1`] }, options)
  }
  // The benchmark that a tailoring names is a hint; neither holds it against what is evaluated.
  const tailoring = join(folder, 'tailoring.xml')
  writeFileSync(
    tailoring,
    `<Tailoring xmlns="http://checklists.nist.gov/xccdf/1.2" id="xccdf_x_tailoring_t"><benchmark href="other.xml" id="xccdf_x_benchmark_none"/><version time="2026-01-01T00:00:00">1</version><Profile id="xccdf_x_profile_q" extends="xccdf_x_profile_p"><title>q</title></Profile></Tailoring>`,
  )
  const words = ['--profile', 'q', '--tailoring-file', tailoring]
  assert.deepEqual(evaluateBy('ours', path, words).rules, evaluateBy('referee', path, words).rules)
  t.diagnostic(`${cases.length} ways to choose`)
})

const plumbline = (program: string, words: readonly string[]) =>
  spawnSync(process.execPath, [join(import.meta.dirname, '../../packages/cli/src', program), ...words], {
    encoding: 'utf8',
    cwd: folder,
  })

/** What a scan of ours says of the rules, and of what its asset report quotes. */
function scan(options: string): string[] {
  const words = ['--profile', 'p', ...options.split(' '), '--json', '-', '--arf', join(folder, 'arf.xml'), path]
  const { stdout, stderr } = plumbline('main.ts', ['scan', ...words])
  assert.notEqual(stdout, '', stderr)
  const { rules } = JSON.parse(stdout) as { rules: { id: string; result: string }[] }
  return rules.map(({ id, result }) => `${id.replace('xccdf_x_rule_', '')} ${result}`)
}
const reported = (html: string): string[] => [...new Set(html.match(/of_(a|b|c|other)\b/g))]

test('a scan takes the benchmark that stream, component-ref and id name, and says what it could mean', () => {
  for (const [options, name, result] of [
    ['--xccdf-id scap_x_cref_b2', 'of_b', 'pass'],
    ['--datastream-id scap_x_datastream_two --xccdf-id scap_x_cref_c', 'of_c', 'pass'],
    ['--datastream-id scap_x_datastream_two --benchmark-id xccdf_x_benchmark_a', 'of_other', 'fail'],
    ['--benchmark-id xccdf_x_benchmark_c', 'of_c', 'pass'],
  ] as const) {
    assert.deepEqual(scan(options), [`${name} ${result}`], options)
    const { stdout } = plumbline('oscap/main.ts', ['xccdf', 'generate', 'report', join(folder, 'arf.xml')])
    assert.deepEqual(reported(stdout), [name], options)
  }
  const { status, stderr } = plumbline('main.ts', ['scan', '--benchmark-id', 'xccdf_x_benchmark_a', path])
  assert.equal(status, 1)
  assert.match(
    stderr,
    /several benchmarks .*\n {2}--datastream-id scap_x_datastream_one --xccdf-id scap_x_cref_a --benchmark-id xccdf_x_benchmark_a\n {2}--datastream-id scap_x_datastream_two --xccdf-id scap_x_cref_a2 /,
  )
})

test('a report of results is of the benchmark that they are of', { skip }, () => {
  const arf = join(folder, 'referee-arf.xml')
  const words = ['--profile', 'p', '--datastream-id', 'scap_x_datastream_two', '--results-arf', arf]
  spawnSync('oscap', ['xccdf', 'eval', ...words, path])
  const ofReferee = spawnSync('oscap', ['xccdf', 'generate', 'report', arf], { encoding: 'utf8' }).stdout
  const ours = plumbline('oscap/main.ts', ['xccdf', 'generate', 'report', arf]).stdout
  assert.deepEqual([reported(ours), reported(ofReferee)], [['of_other'], ['of_other']])
  // Results that name no component may be of either.
  writeFileSync(arf, readFileSync(arf, 'utf8').replace('href="#scap_x_comp_other" id=', 'href="elsewhere" id='))
  const unclear = plumbline('oscap/main.ts', ['xccdf', 'generate', 'report', arf])
  assert.equal(unclear.status, 1)
  assert.match(unclear.stderr, /"xccdf_x_benchmark_a", which could be any of scap_x_comp_a, scap_x_comp_other/)
})
