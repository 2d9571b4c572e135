import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { planCollection } from '../xccdf/check-plan.ts'
import { evaluateBenchmark } from '../xccdf/evaluate.ts'
import { resolveProfile } from '../xccdf/resolve.ts'
import { checkGuid, standardGuid } from './identity.ts'
import { readContent } from './read-content.ts'

const bundled = new URL('../../../../content/plumbline-linux-baseline/plumbline-linux-baseline-ds.xml', import.meta.url)
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const nothing = {
  systemInfo: { osName: '', osVersion: '', architecture: '', primaryHostName: '', interfaces: [] },
  objects: {},
}

test('the bundled data stream is the same after it was kept as JSON', () => {
  const { benchmarks, kind } = readContent({ name: 'ds.xml', data: readFileSync(bundled) })
  assert.equal(kind, 'data stream')
  const [content] = benchmarks
  assert.ok(content)
  assert.deepEqual(JSON.parse(JSON.stringify(content)), content)
  assert.deepEqual(
    content.benchmark.profiles.map(
      (one) => resolveProfile(content.benchmark, one.id).rules.filter(({ selected }) => selected).length,
    ),
    [31, 55, 70],
  )
})

test('nothing collected is nothing known: no rule passes or fails', () => {
  const [content] = readContent({ name: 'ds.xml', data: readFileSync(bundled) }).benchmarks
  assert.ok(content)
  const profile = resolveProfile(content.benchmark, 'strict')
  const outcomes = new Set(evaluateBenchmark(content, profile, nothing).rules.map(({ result }) => result))
  assert.deepEqual([...outcomes].toSorted(), ['notapplicable', 'unknown'])
})

test('checks that export different values to one variable are asked apart', () => {
  const rule = (id: string, value: string): string => `<Rule id="${id}" selected="true"><title/>
    <check system="http://oval.mitre.org/XMLSchema/oval-definitions-5"><check-export value-id="${value}" export-name="oval:x:var:1"/>
      <check-content-ref href="oval.xml" name="oval:x:def:1"/></check></Rule>`
  const value = (id: string, text: string): string => `<Value id="${id}"><title/><value>${text}</value></Value>`
  const xccdf = `<Benchmark xmlns="http://checklists.nist.gov/xccdf/1.2" id="b"><status>draft</status><title/><version>1</version>
    ${value('v1', 'one')}${value('v2', 'two')}${rule('r1', 'v1')}${rule('r2', 'v2')}${rule('r3', 'v1')}</Benchmark>`
  const oval = `<oval_definitions xmlns="http://oval.mitre.org/XMLSchema/oval-definitions-5" xmlns:oval="http://oval.mitre.org/XMLSchema/oval-common-5">
    <generator><oval:schema_version>5.11</oval:schema_version><oval:timestamp>2026-01-01T00:00:00</oval:timestamp></generator>
    <definitions><definition id="oval:x:def:1" version="1" class="compliance"><metadata><title/><description/></metadata></definition></definitions>
  </oval_definitions>`
  const [content] = readContent({ name: 'x-xccdf.xml', data: bytes(xccdf) }, (name) =>
    name === 'oval.xml' ? { name, data: bytes(oval) } : undefined,
  ).benchmarks
  assert.ok(content)
  const plan = planCollection(content, resolveProfile(content.benchmark, undefined))
  assert.deepEqual(
    plan.map(({ definitionIds, externalVariables }) => ({ definitionIds, externalVariables })),
    [
      { definitionIds: ['oval:x:def:1'], externalVariables: { 'oval:x:var:1': ['one'] } },
      { definitionIds: ['oval:x:def:1'], externalVariables: { 'oval:x:var:1': ['two'] } },
    ],
  )
})

test('a document that is not there makes its rules unchecked, and they say so', () => {
  const xccdf = `<Benchmark xmlns="http://checklists.nist.gov/xccdf/1.2" id="b"><status>draft</status><title/><version>1</version>
    <Rule id="r" selected="true"><title/><check system="http://oval.mitre.org/XMLSchema/oval-definitions-5">
      <check-content-ref href="gone.xml" name="oval:x:def:1"/></check></Rule></Benchmark>`
  const [content] = readContent({ name: 'x.xml', data: bytes(xccdf) }).benchmarks
  assert.ok(content)
  const [rule] = evaluateBenchmark(content, resolveProfile(content.benchmark, undefined), nothing).rules
  assert.deepEqual([rule?.result, rule?.messages], ['notchecked', ['gone.xml is not beside the benchmark']])
})

for (const [what, text, code] of [
  ['what is no content', '<html/>', 'content-not-recognised'],
  ['a data stream without a checklist', '<data-stream-collection/>', 'content-missing-component'],
  ['a document type declaration', '<!DOCTYPE a [<!ENTITY b "c">]><Benchmark/>', 'xml-has-doctype'],
  ['an entity that nobody defines', '<Benchmark>&b;</Benchmark>', 'xml-not-well-formed'],
] as const) {
  test(`refuses ${what}, with its place`, () => {
    assert.throws(() => readContent({ name: 'x.xml', data: bytes(text) }), {
      name: 'ContentError',
      code,
      file: 'x.xml',
      line: 1,
    })
  })
}

test('identities do not change: scripts keep them', () => {
  assert.deepEqual(
    [
      standardGuid('xccdf_org.plumbline_benchmark_linux-baseline', 'xccdf_org.plumbline_profile_essential'),
      checkGuid('xccdf_org.plumbline_rule_file_passwd'),
    ],
    ['3dd8e05f-b043-583c-95f0-a5117b5acde5', 'c48ac39b-4d15-5e43-910c-4b4cc3bfe8cd'],
  )
})

const debian = '/usr/share/xml/scap/ssg/content/ssg-debian11-ds.xml'
test(
  'a published data stream is read whole',
  { skip: existsSync(debian) ? false : 'ssg-debian is not installed' },
  () => {
    const [content] = readContent({ name: 'ssg-debian11-ds.xml', data: readFileSync(debian) }).benchmarks
    assert.ok(content)
    const [oval] = Object.values(content.oval)
    assert.ok(oval)
    assert.deepEqual(
      {
        profiles: content.benchmark.profiles.length,
        rules: resolveProfile(content.benchmark, undefined).rules.length,
        definitions:
          Object.keys(oval.definitions).length +
          Object.keys(Object.values(content.cpeOval)[0]?.definitions ?? {}).length,
      },
      { profiles: 5, rules: 355, definitions: 567 },
    )
  },
)
