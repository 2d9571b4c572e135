import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { refereeSkip } from '../oval/referee.ts'
import { check, complex, conflicts, ovalSystem, requires, rule, ruleId, writeBenchmark } from './benchmark.ts'
import { evaluateBy } from './referee.ts'

const skip = refereeSkip()
const folder = mkdtempSync(join(tmpdir(), 'plumbline-older-'))
after(() => rmSync(folder, { recursive: true }))

test(
  'a benchmark of XCCDF 1.1 comes to the referee’s results, in a valid document of its own version',
  { skip },
  () => {
    writeBenchmark(folder, '')
    const benchmark = join(folder, 'older.xml')
    const item = (name: string, number: number): string =>
      `<cpe-item name="cpe:/o:x:${name}"><title>${name}</title>
      <check system="${ovalSystem}" href="oval.xml">oval:x:def:${number}</check></cpe-item>`
    const named = (id: string, inside: string): string =>
      `<Rule id="${id}" selected="true"><title>${id}</title>
      ${inside}</Rule>`
    const rules = [
      named('plain', check('true')),
      named('all', check('all')),
      named('both', complex('AND', false, check('true'), complex('OR', true, check('false'), check('false')))),
      named('here', `<platform idref="cpe:/o:x:here"/>${check('true')}`),
      named('elsewhere', `<platform idref="cpe:/o:x:elsewhere"/>${check('true')}`),
    ]
    writeFileSync(
      benchmark,
      `<Benchmark xmlns="http://checklists.nist.gov/xccdf/1.1" id="older">
<status>draft</status><title>older</title>
<cpe-list xmlns="http://cpe.mitre.org/XMLSchema/cpe/1.0">
${item('here', 8)}
${item('elsewhere', 9)}
</cpe-list>
<version>1</version>
<model system="urn:xccdf:scoring:default"/>
<model system="urn:xccdf:scoring:flat"/>
<Profile id="plain"><title>It may be called as a rule is</title></Profile>
${rules.join('\n')}
</Benchmark>`,
    )
    const [referee, ours] = [evaluateBy('referee', benchmark), evaluateBy('ours', benchmark)]
    assert.deepEqual({ ...ours, checks: undefined }, { ...referee, checks: undefined })
    assert.match(ours.rules['here']?.[0] ?? '', /^pass /)
    const results = join(folder, 'ours.xml')
    assert.ok(!readFileSync(results, 'utf8').includes('xccdf/1.2'))
    const { status, stdout, stderr } = spawnSync('oscap', ['xccdf', 'validate', results], { encoding: 'utf8' })
    assert.equal(status, 0, stdout + stderr)
  },
)

test('rules that are named one by one are checked, whatever they require and conflict with', { skip }, () => {
  const benchmark = writeBenchmark(
    folder,
    [
      rule('one', requires('other') + check('true')),
      rule('other', conflicts('one') + check('true')),
      rule('third', requires('one') + check('false')),
    ].join('\n'),
  )
  for (const names of [[], ['one'], ['other'], ['one', 'other'], ['third', 'other']]) {
    const words = names.flatMap((name) => ['--rule', ruleId(name)])
    const [referee, ours] = [evaluateBy('referee', benchmark, words), evaluateBy('ours', benchmark, words)]
    assert.deepEqual(ours, referee, names.join())
  }
})
