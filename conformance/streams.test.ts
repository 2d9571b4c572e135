import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { askedBy } from './asked.ts'
import { installedStreams, readStream, withoutBenchmarkPlatform, withoutDependencies } from './streams.ts'
import { group, ovalSystem, profile, rule, ruleId, scriptSystem } from './xccdf/benchmark.ts'

const folder = mkdtempSync(join(tmpdir(), 'plumbline-conformance-streams-'))
after(() => rmSync(folder, { recursive: true }))

const select = (...names: readonly string[]): string =>
  names.map((name) => `<select idref="${ruleId(name)}" selected="true"/>`).join('')
const benchmark = (name: string, head: string, items: string): string =>
  `<x:Benchmark xmlns:x="http://checklists.nist.gov/xccdf/1.2" xmlns="http://checklists.nist.gov/xccdf/1.2" id="xccdf_x_benchmark_${name}"><status>draft</status><title>${name}</title>${head}<version>1</version>${items}</x:Benchmark>`

/** A stream of these benchmarks, and of definitions that all of them refer to as `o.xml`. */
function stream(oval: string, ...benchmarks: readonly string[]): string {
  const component = (id: string, inside: string): string =>
    `<ds:component id="scap_x_comp_${id}" timestamp="2026-01-01T00:00:00">${inside}</ds:component>`
  const reference = (id: string, inside = ''): string =>
    `<ds:component-ref id="scap_x_cref_${id}" xlink:href="#scap_x_comp_${id}">${inside}</ds:component-ref>`
  const catalog = '<cat:catalog><cat:uri name="o.xml" uri="#scap_x_cref_oval"/></cat:catalog>'
  const path = join(folder, 'stream-ds.xml')
  writeFileSync(
    path,
    `<ds:data-stream-collection xmlns:ds="http://scap.nist.gov/schema/scap/source/1.2" xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:cat="urn:oasis:names:tc:entity:xmlns:xml:catalog" id="scap_x_collection_a" schematron-version="1.3"><ds:data-stream id="scap_x_datastream_a" scap-version="1.3" use-case="OTHER"><ds:checklists>${benchmarks.map((_, index) => reference(`b${index}`, catalog)).join('')}</ds:checklists><ds:checks>${reference('oval')}</ds:checks></ds:data-stream>${benchmarks.map((text, index) => component(`b${index}`, text)).join('')}${component('oval', oval)}</ds:data-stream-collection>`,
  )
  return path
}

/** Definition 1 has a file, 2 the mounts by a variable of another definition's object, 3 a walk. */
const oval = `<oval_definitions xmlns="${ovalSystem}" xmlns:oval="http://oval.mitre.org/XMLSchema/oval-common-5"><generator><oval:schema_version>5.11.1</oval:schema_version><oval:timestamp>2026-01-01T00:00:00</oval:timestamp></generator><definitions>${[
  1, 2, 3,
]
  .map(
    (number) =>
      `<definition id="oval:x:def:${number}" version="1" class="compliance"><metadata><title>t</title><description>d</description></metadata><criteria><criterion test_ref="oval:x:tst:${number}"/></criteria></definition>`,
  )
  .join('')}</definitions><tests>${[1, 2, 3]
  .map(
    (number) =>
      `<file_test xmlns="${ovalSystem}#unix" id="oval:x:tst:${number}" version="1" check="all" comment="t"><object object_ref="oval:x:obj:${number}"/></file_test>`,
  )
  .join(
    '',
  )}</tests><objects><file_object xmlns="${ovalSystem}#unix" id="oval:x:obj:1" version="1"><filepath>/etc/a</filepath></file_object><file_object xmlns="${ovalSystem}#unix" id="oval:x:obj:2" version="1"><filepath var_ref="oval:x:var:1"/></file_object><file_object xmlns="${ovalSystem}#unix" id="oval:x:obj:3" version="1"><behaviors recurse_file_system="local" recurse_direction="down"/><path>/</path><filename xsi:nil="true" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"/></file_object><partition_object xmlns="${ovalSystem}#linux" id="oval:x:obj:4" version="1"><mount_point>/</mount_point></partition_object></objects><variables><local_variable id="oval:x:var:1" version="1" datatype="string" comment="c"><object_component item_field="mount_point" object_ref="oval:x:obj:4"/></local_variable></variables></oval_definitions>`
const check = (number: number): string =>
  `<check system="${ovalSystem}"><check-content-ref href="o.xml" name="oval:x:def:${number}"/></check>`
const script = `<check system="${scriptSystem}"><check-content-ref href="a.sh"/></check>`

test('streams of SCAP 1.2 are scanned as those of 1.3 are, and nothing that is no stream', () => {
  const there = join(folder, 'installed')
  mkdirSync(there)
  for (const name of ['a-ds.xml', 'a-ds-1.2.xml', 'a-xccdf.xml', 'a-oval.xml', 'a-ds.xml.bz2'])
    writeFileSync(join(there, name), '')
  assert.deepEqual(installedStreams(there), [join(there, 'a-ds-1.2.xml'), join(there, 'a-ds.xml')])
  assert.deepEqual(installedStreams(join(folder, 'none')), [])
})

test('profiles come by how many rules they select, with those of what they extend', () => {
  const profiles = [
    profile('two', select('a', 'b')),
    profile('three', select('c'), 'two'),
    profile('none', '<select idref="xccdf_x_group_g" selected="false"/>', 'three'),
    profile('one', select('a')),
  ].join('')
  const rules = ['a', 'b', 'c'].map((name) => rule(name, check(1), 'selected="false"')).join('')
  assert.deepEqual(readStream(stream(oval, benchmark('b', '', profiles + group('g', rules)))).profiles, [
    'xccdf_x_profile_three',
    'xccdf_x_profile_two',
    'xccdf_x_profile_one',
    'xccdf_x_profile_none',
  ])
})

test('the platforms of all benchmarks of a stream are left out, and those of rules stay', () => {
  const head = '<platform idref="cpe:/o:x:here"/><x:platform override="true" idref="cpe:/o:x:there"></x:platform>'
  const kept = '<platform id="here"/>'
  const items = rule('a', '<platform idref="cpe:/o:x:rule"/>')
  const [withPlatforms, without] = [head, ''].map((text) =>
    ['one', 'two', 'three'].map((name) => benchmark(name, text + kept, name === 'two' ? '' : items)).join('\n'),
  )
  assert.ok(withPlatforms !== undefined && without !== undefined)
  assert.equal(withoutBenchmarkPlatform(withPlatforms), without)
})

test('what items require and conflict with is left out, and nothing else', () => {
  const text = (dependencies: string): string =>
    benchmark('b', '', rule('a', `${dependencies}<fixtext>it conflicts with b and requires c</fixtext>`))
  const dependencies = '<requires idref="x_rule_b x_rule_c"/><x:conflicts idref="x_rule_d"></x:conflicts>'
  const outside = '<requires idref="of something else"/>'
  assert.equal(withoutDependencies(outside + text(dependencies)), outside + text(''))
})

test('what a rule asks is known through variables, behaviours and checks', () => {
  const rules = [
    rule('file', script + check(1)),
    rule('mounts', check(2)),
    rule('walk', check(3)),
    rule('script', script),
  ].join('')
  const { benchmarks } = readStream(
    stream(oval, benchmark('one', '', rule('other', check(1))), benchmark('b', '', rules)),
  )
  const asked = Object.fromEntries(
    ['file', 'mounts', 'walk', 'script'].map((name) => {
      const { testTypes, ...more } = askedBy(benchmarks, ruleId(name))
      return [name, { testTypes: [...testTypes].toSorted(), ...more }]
    }),
  )
  assert.deepEqual(asked, {
    file: { testTypes: ['unix/file'], asksForMounts: false, isScript: false },
    mounts: { testTypes: ['linux/partition', 'unix/file'], asksForMounts: false, isScript: false },
    walk: { testTypes: ['unix/file'], asksForMounts: true, isScript: false },
    script: { testTypes: [], asksForMounts: false, isScript: true },
  })
})
