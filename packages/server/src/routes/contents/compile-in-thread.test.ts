import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compileInThread } from './compile-in-thread.ts'

test('of two benchmarks with one id the first is kept, and a warning names the other', async () => {
  const checklist = (name: string): string =>
    `<ds:data-stream id="scap_x_datastream_${name}" scap-version="1.3" use-case="OTHER"><ds:checklists><ds:component-ref id="scap_x_cref_${name}" xlink:href="#scap_x_comp_${name}"/></ds:checklists></ds:data-stream>`
  const component = (name: string): string =>
    `<ds:component id="scap_x_comp_${name}" timestamp="2026-01-01T00:00:00"><Benchmark xmlns="http://checklists.nist.gov/xccdf/1.2" id="xccdf_x_benchmark_b"><status>draft</status><title>${name}</title><version>1</version></Benchmark></ds:component>`
  const { content, warnings } = await compileInThread({
    name: 'twice.xml',
    data: new TextEncoder().encode(
      `<ds:data-stream-collection xmlns:ds="http://scap.nist.gov/schema/scap/source/1.2" xmlns:xlink="http://www.w3.org/1999/xlink" id="scap_x_collection_c" schematron-version="1.3">${checklist('one')}${checklist('two')}${component('one')}${component('two')}</ds:data-stream-collection>`,
    ),
    hosts: [],
  })
  assert.deepEqual(
    content.standards.map(({ title }) => title),
    ['one'],
  )
  assert.deepEqual(warnings, [
    'The benchmark xccdf_x_benchmark_b of scap_x_datastream_two, scap_x_cref_two, was left out: one of the same id comes before it. Import it in a file of its own after giving it another id.',
  ])
})

test('a warning names what a profile changes and the benchmark does not have', async () => {
  const { content, warnings } = await compileInThread({
    name: 'benchmark.xml',
    data: new TextEncoder().encode(
      '<Benchmark xmlns="http://checklists.nist.gov/xccdf/1.2" id="xccdf_x_benchmark_b"><status>draft</status><title>B</title><version>1</version><Profile id="xccdf_x_profile_p"><title>P</title><select idref="xccdf_x_rule_none" selected="true"/></Profile></Benchmark>',
    ),
    hosts: [],
  })
  assert.equal(content.standards.length, 2)
  assert.deepEqual(warnings, [
    'profile "xccdf_x_profile_p": <select idref="xccdf_x_rule_none"> refers to no group or rule of this benchmark and is ignored',
  ])
})
