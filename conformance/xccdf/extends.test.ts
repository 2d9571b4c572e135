import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { assertAgreement, type Exception } from '../oval/differences.ts'
import { refereeSkip } from '../oval/referee.ts'
import { check, complex, exported, group, profile, rule, ruleId, value, writeBenchmark } from './benchmark.ts'
import { evaluateBy } from './referee.ts'

const skip = refereeSkip()
const folder = mkdtempSync(join(tmpdir(), 'plumbline-extends-'))
after(() => rmSync(folder, { recursive: true }))

const [yes, no] = [check('true'), check('false')]
const platform = (idref: string, attributes = ''): string => `<platform idref="${idref}" ${attributes}/>`
const on = 'selected="true"'
const of = (name: string): string => `extends="${ruleId(name)}"`
const select = (name: string, selected: boolean): string => `<select idref="${ruleId(name)}" selected="${selected}"/>`

const rules = [
  rule('base', yes, `${on} weight="3" severity="high" role="unscored"`),
  rule('off', yes, 'selected="false"'),
  rule('abstract', yes, `${on} abstract="true" severity="low"`),
  rule('of_abstract', '', of('abstract')),
  rule('of_base', '', of('base')),
  rule('of_of_base', '', of('of_base')),
  rule('of_off', '', of('off')),
  rule('of_off_on', '', `${of('off')} ${on}`),
  rule('with_attributes', no, `${of('base')} weight="1" severity="medium" role="full"`),
  rule('other_selectors', check('true', 'selector="a"') + no, on),
  rule('of_other_selectors', check('false', 'selector="b"'), of('other_selectors')),
  rule('of_one_selector', no, of('other_selectors')),
  rule('complex', complex('AND', true, yes, yes), on),
  rule('of_complex', '', of('complex')),
  rule('check_for_complex', yes, of('complex')),
  rule('complex_for_check', complex('AND', true, yes), `${of('off')} ${on}`),
  rule('elsewhere', platform('#no') + yes, on),
  rule('of_elsewhere', '', of('elsewhere')),
  rule('here_too', platform('#yes'), of('elsewhere')),
  rule('here_instead', platform('#yes', 'override="true"'), of('elsewhere')),
  rule('requiring', `<requires idref="${ruleId('off')}"/>${yes}`, on),
  rule('of_requiring', '', of('requiring')),
  rule('conflicting', `<conflicts idref="${ruleId('base')}"/>${yes}`, on),
  rule('of_conflicting', '', of('conflicting')),
  rule('of_later', '', of('later')),
  rule('later', no, `${on} weight="4"`),
  group('first', rule('in_first', yes), on),
  rule('of_in_first', '', of('in_first')),
  group('abstract', rule('in_abstract', yes), `${on} abstract="true"`),
  group('empty', platform('#no'), `${on} abstract="true"`),
  group('of_empty', rule('in_of_empty', yes), 'extends="xccdf_x_group_empty"'),
  group('of_first', rule('in_of_first', yes), 'extends="xccdf_x_group_first"'),
  group('of_abstract', rule('in_of_abstract', yes), 'extends="xccdf_x_group_abstract"'),
  `<Rule id="${ruleId('untitled')}" ${of('base')}/>`,
  `<Rule id="${ruleId('title_overridden')}" ${of('base')}><title override="true">Own</title></Rule>`,
  rule('of_value', check('external', '', exported('of_value')), on),
  rule('fixed', yes, `${on} prohibitChanges="true"`),
]
const inside = [
  profile('elsewhere', platform('#no') + select('off', true)),
  profile('of_elsewhere', select('base', false), 'elsewhere'),
  `<Profile id="xccdf_x_profile_abstract" abstract="true"><title>a</title>${select('off', true)}</Profile>`,
  profile('of_abstract', '', 'abstract'),
  `<Profile id="xccdf_x_profile_final" prohibitChanges="true"><title>f</title>${select('off', true)}</Profile>`,
  profile('of_final', `${select('off', false)}<refine-rule idref="${ruleId('base')}" weight="7"/>`, 'final'),
  profile('changing', `${select('fixed', false)}<refine-rule idref="${ruleId('off')}" weight="7"/>`),
  value('base', '<value>1</value><value selector="two">2</value>', 'type="number"'),
  value('of_value', '', 'extends="xccdf_x_value_base"'),
  ...rules,
].join('')
const dictionary = ['--cpe', join(folder, 'x-cpe-dictionary.xml')]

type Case = readonly [rule: string, profile: string]
const exceptions: readonly Exception<Case>[] = [
  {
    clause:
      'XCCDF 1.2, Table 33: checks with other selectors are other properties; the referee inherits no check where there is one',
    covers: ([id]) => id === 'of_other_selectors',
  },
  {
    clause: 'XCCDF 1.2, Table 33: requires is appended; the referee inherits none',
    covers: ([id]) => id === 'of_requiring',
  },
  {
    clause: 'XCCDF 1.2, Table 33: a group that extends another has its platforms; the referee does not look',
    covers: ([id]) => id === 'in_of_empty',
  },
  {
    clause: 'XCCDF 1.2, Table 33: value is appended; the referee has none where the Value has none of its own',
    covers: ([id]) => id === 'of_value',
  },
  {
    clause: 'XCCDF 1.2, 6.5.3: refine-rule changes what it names; with the referee a rule loses its role',
    covers: ([id, name]) => id === 'base' && name === 'of_final',
  },
]

test('rules, values and profiles that extend others come to the referee’s results', { skip }, (t) => {
  const path = writeBenchmark(folder, inside)
  const cases = ['', 'elsewhere', 'of_elsewhere', 'of_abstract', 'of_final', 'changing'].flatMap((name) => {
    const words = [...dictionary, ...(name === '' ? [] : ['--profile', `xccdf_x_profile_${name}`])]
    const [referee, ours] = [evaluateBy('referee', path, words).rules, evaluateBy('ours', path, words).rules]
    assert.deepEqual(Object.keys(ours).toSorted(), Object.keys(referee).toSorted())
    return Object.keys(ours).map((id) => ({
      each: [id, name] as const,
      referee: referee[id]?.join(),
      ours: ours[id]?.join(),
    }))
  })
  assertAgreement(t, cases, exceptions)
})

test('an abstract profile cannot be evaluated', { skip }, () => {
  const path = writeBenchmark(folder, inside)
  for (const who of ['referee', 'ours'] as const)
    assert.throws(
      () => evaluateBy(who, path, ['--profile', 'xccdf_x_profile_abstract']),
      new RegExp(`${who}: 1: .*No profile matching suffix`),
    )
})

test('a resolved benchmark comes to the same without what it was resolved from', { skip }, () => {
  const path = writeBenchmark(folder, inside)
  const main = join(import.meta.dirname, '../../packages/cli/src/oscap/main.ts')
  const resolved = join(folder, 'resolved-xccdf.xml')
  const { status, stderr } = spawnSync(
    process.execPath,
    [main, 'xccdf', 'resolve', '--skip-valid', '--output', resolved, path],
    { encoding: 'utf8' },
  )
  assert.equal(status, 0, stderr)
  for (const name of ['of_elsewhere', 'of_abstract']) {
    const words = [...dictionary, '--profile', `xccdf_x_profile_${name}`]
    const before = evaluateBy('ours', path, words).rules
    assert.deepEqual(evaluateBy('ours', resolved, words).rules, before)
    assert.deepEqual(evaluateBy('referee', resolved, words).rules, before)
  }
})
