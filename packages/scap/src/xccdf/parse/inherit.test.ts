import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ContentError } from '../../errors.ts'
import { readXml } from '../../xml/read.ts'
import { renderText } from '../text.ts'
import { parseBenchmark } from './benchmark.ts'

const benchmark = (inside: string) =>
  parseBenchmark(
    readXml(
      `<Benchmark xmlns="http://checklists.nist.gov/xccdf/1.2" id="b"><status>draft</status><title>B</title><version>1</version>${inside}</Benchmark>`,
      'b.xml',
    ),
  )

test('texts go on where those of the base end, unless they override them; lists hold both', () => {
  const { items } = benchmark(`
    <Rule id="base" abstract="1"><title>Base</title><rationale>Why. </rationale><platform idref="#one"/><ident system="s">1</ident></Rule>
    <Rule id="r" extends="base"><title override="1">Own</title><rationale>And more.</rationale><platform idref="#two"/><ident system="s">2</ident></Rule>`)
  assert.deepEqual(
    items.map((item) => ({
      id: item.id,
      title: renderText(item.title),
      platforms: item.platforms,
      ...(item.kind === 'rule'
        ? { rationale: renderText(item.rationale), idents: item.idents.map(({ text }) => text) }
        : {}),
    })),
    [{ id: 'r', title: 'Own', platforms: ['#one', '#two'], rationale: 'Why. And more.', idents: ['1', '2'] }],
  )
})

test('a value has the choices of its base, and its own instead where both have a selector', () => {
  const { values } = benchmark(`
    <Value id="base" type="number" operator="less than"><title>b</title><value>1</value><value selector="x">2</value></Value>
    <Value id="v" extends="base"><title>v</title><value selector="x">3</value></Value>
    <Value id="gone" abstract="true"><title>g</title><value>4</value></Value>`)
  assert.deepEqual(Object.keys(values), ['base', 'v'])
  const { type, operator, choices } = values['v']!
  assert.deepEqual(
    { type, operator, choices },
    { type: 'number', operator: 'less than', choices: { '': ['1'], x: ['3'] } },
  )
})

test('a group that extends one has its properties and no copies of its items, and it is told', () => {
  const { items, ignored } = benchmark(
    '<Group id="g"><title>G</title><platform idref="#one"/><Rule id="a"/></Group><Group id="h" extends="g"><Rule id="b"/></Group><Group id="i" extends="h"/>',
  )
  const [, ...extending] = items
  assert.deepEqual(
    extending.map((item) => ({
      id: item.id,
      platforms: item.platforms,
      ...(item.kind === 'group' ? { holds: item.children.map(({ id }) => id) } : {}),
    })),
    [
      { id: 'h', platforms: ['#one'], holds: ['b'] },
      { id: 'i', platforms: ['#one'], holds: [] },
    ],
  )
  assert.deepEqual(ignored, [
    '<Group id="h" extends="g"> has no copies of what g holds, whose ids nobody else can have',
    '<Group id="i" extends="h"> has no copies of what h holds, whose ids nobody else can have',
  ])
})

for (const [what, inside, code] of [
  [
    'an item that extends itself',
    '<Rule id="a" extends="b1"/><Rule id="b1" extends="a"/>',
    'content-circular-reference',
  ],
  ['an item that extends nothing', '<Rule id="a" extends="none"/>', 'content-dangling-reference'],
  ['an item that extends another kind', '<Rule id="a" extends="g"/><Group id="g"/>', 'content-dangling-reference'],
] as const) {
  test(`${what} is refused with its place`, () => {
    assert.throws(
      () => benchmark(inside),
      (error) => error instanceof ContentError && error.code === code && error.line === 1,
    )
  })
}
