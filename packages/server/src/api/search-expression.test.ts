import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseSearchExpression, type SearchExpression } from './search-expression.ts'
import { slowness } from '../../../collect/src/testing/slowness.ts'

const one = (attribute: string, operator: string, value: string): SearchExpression =>
  [[{ attribute, operator, value }]] as SearchExpression

const rows: readonly (readonly [string, SearchExpression])[] = [
  ['(displayName = *)', one('displayname', '=', '*')],
  ['displayName Contains red hat', one('displayname', 'Contains', 'red hat')],
  ['JobName = x)', one('jobname', '=', 'x')],
  ['Symc-Standard-Author=symantec', one('symc-standard-author', '=', 'symantec')],
  ['displayname StartsWith web-', one('displayname', 'StartsWith', 'web-')],
  ['JobCreationTime >= 2026-01-01T00:00:00Z', one('jobcreationtime', '>=', '2026-01-01T00:00:00Z')],
  ['displayName = a=b', one('displayname', '=', 'a=b')],
  ['displayName = (x) y', one('displayname', '=', '(x) y')],
  ['displayName =', one('displayname', '=', '')],
  [
    '(symc-csm-AssetSystem-Asset-unix-Machine-OSSystem Contains linux, displayname Contains 10.211.64)',
    [
      [
        { attribute: 'symc-csm-assetsystem-asset-unix-machine-ossystem', operator: 'Contains', value: 'linux' },
        { attribute: 'displayname', operator: 'Contains', value: '10.211.64' },
      ],
    ],
  ],
]
for (const [text, expected] of rows) {
  test(`reads ${text}`, () => assert.deepEqual(parseSearchExpression(text), expected))
}

test('reads & and | where they are connectives, and takes them as text elsewhere', () => {
  assert.deepEqual(
    parseSearchExpression('displayName = a & displayName = b | displayName = c', true).map((list) =>
      list.map(({ value }) => value),
    ),
    [['a', 'b'], ['c']],
  )
  assert.deepEqual(parseSearchExpression('displayName = a & b'), one('displayname', '=', 'a & b'))
})

for (const text of [
  '',
  '()',
  'displayName',
  'displayName contains x',
  'displayName LIKE x',
  '= x',
  ', displayName = x',
]) {
  test(`refuses ${JSON.stringify(text)}`, () => {
    assert.throws(() => parseSearchExpression(text), { name: 'SearchExpressionError' })
  })
}

test('refuses more conditions and wildcards than anybody waits for', () => {
  const conditions = (count: number): string => Array.from({ length: count }, () => 'Id = *').join('|')
  assert.equal(parseSearchExpression(conditions(50), true).length, 50)
  for (const [text, connectives] of [
    [conditions(51), true],
    [conditions(51).replaceAll('|', ','), false],
    [`Id = ${'*a'.repeat(50)}`, false],
  ] as const)
    assert.throws(() => parseSearchExpression(text, connectives), { name: 'SearchExpressionError' })
  assert.deepEqual(parseSearchExpression(`Id = a${'*'.repeat(5000)}`), one('id', '=', 'a*'))
})

test('reads many blanks and parentheses in no time', () => {
  const began = performance.now()
  const value = `a${' '.repeat(100_000)}b`
  assert.deepEqual(parseSearchExpression(`Id = ${value}  `), one('id', '=', value))
  for (const text of [
    '('.repeat(100_000),
    `${'('.repeat(50_000)}Id = *${')'.repeat(50_000)}`,
    `a${' '.repeat(100_000)}`,
  ])
    assert.throws(() => parseSearchExpression(text), { name: 'SearchExpressionError' })
  assert.ok(performance.now() - began < 2000 * slowness())
})

test('parentheses of a value are its own', () => {
  for (const text of [
    'name = 12 (bookworm)',
    '(name = 12 (bookworm))',
    '(name = 12 (bookworm)',
    'name = 12 (bookworm))',
  ])
    assert.deepEqual(
      parseSearchExpression(text),
      [[{ attribute: 'name', operator: '=', value: '12 (bookworm)' }]],
      text,
    )
})
