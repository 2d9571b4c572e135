import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readXml } from '../xml/read.ts'
import { parseBenchmark } from './parse/benchmark.ts'
import { resolveProfile } from './resolve.ts'
import { parseTailoring } from './tailoring.ts'

const ns = 'xmlns="http://checklists.nist.gov/xccdf/1.2"'
const rule = (id: string, selected: boolean, inside = ''): string =>
  `<Rule id="r_${id}" selected="${selected}" severity="low"${inside}><title>${id}</title></Rule>`

const benchmark = (profiles: string) =>
  parseBenchmark(
    readXml(
      `<Benchmark ${ns} id="b"><status>draft</status><title>B</title><version>1</version>${profiles}
        <Value id="v_days" type="number"><title>days</title><value>30</value><value selector="long">90</value></Value>
        <Value id="v_first" type="string"><title>first</title><value selector="a">A</value><value selector="b">B</value></Value>
        <Group id="g_one" selected="true"><title>one</title>${rule('a', true)}${rule('b', false)}</Group>
        <Group id="g_two" selected="false"><title>two</title>${rule('c', true, ' cluster-id="k"')}${rule('d', false, ' cluster-id="k"')}</Group>
      </Benchmark>`,
      'b.xml',
    ),
  )

const selectedOf = (profiles: string, id?: string): string[] =>
  resolveProfile(benchmark(profiles), id)
    .rules.filter(({ selected }) => selected)
    .map(({ rule: { id: ruleId } }) => ruleId)

const select = (idref: string, selected: boolean): string => `<select idref="${idref}" selected="${selected}"/>`

const rows: readonly (readonly [string, string, string | undefined, string[]])[] = [
  ['the benchmark’s own defaults; a rule of a group that is not selected is not', '', undefined, ['r_a']],
  ['what a profile selects', `<Profile id="p"><title/>${select('r_b', true)}</Profile>`, 'p', ['r_a', 'r_b']],
  [
    'the last of two selections',
    `<Profile id="p"><title/>${select('r_a', false)}${select('r_a', true)}</Profile>`,
    'p',
    ['r_a'],
  ],
  [
    'a group switches on what it holds',
    `<Profile id="p"><title/>${select('g_two', true)}</Profile>`,
    'p',
    ['r_a', 'r_c'],
  ],
  ['a group switches off what it holds', `<Profile id="p"><title/>${select('g_one', false)}</Profile>`, 'p', []],
  [
    'all items of a cluster',
    `<Profile id="p"><title/>${select('g_two', true)}${select('k', true)}</Profile>`,
    'p',
    ['r_a', 'r_c', 'r_d'],
  ],
  [
    'the extended profile first, then its own',
    `<Profile id="base"><title/>${select('r_b', true)}${select('r_a', false)}</Profile><Profile id="p" extends="base"><title/>${select('r_a', true)}</Profile>`,
    'p',
    ['r_a', 'r_b'],
  ],
  [
    'the end of an id',
    `<Profile id="xccdf_org.x_profile_strict"><title/>${select('r_b', true)}</Profile>`,
    'strict',
    ['r_a', 'r_b'],
  ],
]
for (const [what, profiles, id, expected] of rows) {
  test(`selects ${what}`, () => assert.deepEqual(selectedOf(profiles, id), expected))
}

test('values are the default, the first where there is none, the refined, the set; an unknown selector leaves none', () => {
  const profile = (inner: string) => resolveProfile(benchmark(`<Profile id="p"><title/>${inner}</Profile>`), 'p').values
  assert.deepEqual(profile(''), { v_days: ['30'], v_first: ['A'] })
  assert.deepEqual(profile('<refine-value idref="v_days" selector="long"/>'), { v_days: ['90'], v_first: ['A'] })
  assert.deepEqual(profile('<set-value idref="v_days">7</set-value>'), { v_days: ['7'], v_first: ['A'] })
  assert.deepEqual(
    profile('<set-value idref="v_days">7</set-value><refine-value idref="v_days" selector="long"/>'),
    { v_days: ['7'], v_first: ['A'] },
    'what is set overrides what is selected',
  )
  assert.deepEqual(profile('<refine-value idref="v_days" selector="none"/>'), { v_first: ['A'] })
})

test('a rule is refined by the profile', () => {
  const [rule_] = resolveProfile(
    benchmark(
      '<Profile id="p"><title/><refine-rule idref="r_a" weight="3" severity="high" role="unscored" selector="s"/></Profile>',
    ),
    'p',
  ).rules
  assert.deepEqual([rule_?.weight, rule_?.severity, rule_?.role, rule_?.checkSelector], [3, 'high', 'unscored', 's'])
})

test('profiles of a tailoring extend each other, and those of the benchmark whose id they take over', () => {
  const tailoring = parseTailoring(
    readXml(
      `<Tailoring ${ns} id="t"><version time="2026-01-01T00:00:00">1</version>
        <Profile id="p" extends="p"><title/>${select('r_a', false)}</Profile>
        <Profile id="q" extends="p"><title/>${select('g_two', true)}</Profile></Tailoring>`,
      't.xml',
    ),
  )
  const profiles = `<Profile id="p"><title/>${select('r_b', true)}</Profile><Profile id="o" extends="p"><title/></Profile>`
  const selected = ['p', 'q', 'o'].map((name) =>
    resolveProfile(benchmark(profiles), name, tailoring)
      .rules.filter((rule_) => rule_.selected)
      .map(({ rule: { id } }) => id),
  )
  assert.deepEqual(selected, [['r_b'], ['r_b', 'r_c'], ['r_a', 'r_b']])
})

test('what a profile or a tailoring changes and the benchmark does not have is ignored, and told', () => {
  const inside = `${select('r_z', true)}${select('v_days', true)}<refine-rule idref="g_z" weight="2"/><refine-value idref="r_a" selector="s"/><set-value idref="v_z">1</set-value>`
  const told = [
    ['select', 'r_z', 'group or rule'],
    ['select', 'v_days', 'group or rule'],
    ['refine-rule', 'g_z', 'group or rule'],
    ['refine-value', 'r_a', 'value'],
    ['set-value', 'v_z', 'value'],
  ].map(
    ([name, id, kind]) => `profile "p": <${name} idref="${id}"> refers to no ${kind} of this benchmark and is ignored`,
  )
  const profile = `<Profile id="p"><title/>${inside}${select('r_b', true)}</Profile>`
  const tailoring = parseTailoring(readXml(`<Tailoring ${ns} id="t">${profile}</Tailoring>`, 't.xml'))
  for (const resolved of [resolveProfile(benchmark(profile), 'p'), resolveProfile(benchmark(''), 'p', tailoring)]) {
    assert.deepEqual(resolved.ignored, told)
    assert.deepEqual([...resolved.selected], ['g_one', 'r_a', 'r_b'])
    assert.deepEqual(Object.keys(resolved.values), ['v_days', 'v_first'])
  }
})

test('a change of a cluster is for all its values; of a group the weight alone is refined', () => {
  const clustered = (id: string): string => `<Value id="v_${id}" cluster-id="all"><title/><value>1</value></Value>`
  const { values, groupWeights } = resolveProfile(
    benchmark(
      `<Profile id="p"><title/><set-value idref="all">2</set-value><refine-rule idref="g_one" weight="5" role="unscored"/></Profile>${clustered('x')}${clustered('y')}`,
    ),
    'p',
  )
  assert.deepEqual([values['v_x'], values['v_y'], values['v_days'], groupWeights], [['2'], ['2'], ['30'], { g_one: 5 }])
})

test('a rule may require, or conflict with, what is left out of the benchmark', () => {
  const { rules } = resolveProfile(
    benchmark(`<Rule id="r_e" selected="true"><title>e</title><requires idref="r_y"/><conflicts idref="r_z"/></Rule>`),
    undefined,
  )
  const [{ rule: found } = assert.fail()] = rules.filter(({ rule: { id } }) => id === 'r_e')
  assert.deepEqual([found.requires, found.conflicts], [[['r_y']], ['r_z']])
})

const refusals: readonly (readonly [string, string, string])[] = [
  [
    'a profile that extends itself',
    '<Profile id="p" extends="q"><title/></Profile><Profile id="q" extends="p"><title/></Profile>',
    'content-circular-reference',
  ],
  ['a profile that extends nothing', '<Profile id="p" extends="q"><title/></Profile>', 'content-dangling-reference'],
  [
    'an id that is used twice',
    '<Profile id="p"><title/></Profile><Profile id="p"><title/></Profile>',
    'content-duplicate-id',
  ],
  ['a profile that is not there', '', 'profile-not-found'],
]
for (const [what, profiles, code] of refusals) {
  test(`refuses ${what}`, () => assert.throws(() => selectedOf(profiles, 'p'), { name: 'ContentError', code }))
}
